#include "campaign/team/queue.hpp"

#include <numeric>

namespace joulemark::campaign::team {

Queue::Queue(std::size_t jobs) : waiting_(jobs), given_back_(jobs, 0) {
  std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
}

std::optional<std::size_t> Queue::take() {
  if (waiting_.empty()) return std::nullopt;
  const std::size_t job = waiting_.front();
  waiting_.pop_front();
  return job;
}

bool Queue::give_back(std::size_t job) {
  if (++given_back_[job] > 1) return false;
  waiting_.push_front(job);
  return true;
}

Step rest_of(const Step& step, const std::vector<std::string>& statuses) {
  Step rest{step.job, {}};
  for (std::size_t i = 0; i < step.policies.size(); ++i) {
    if (i >= statuses.size() || statuses[i] == name(ErrorKind::meter_lost))
      rest.policies.push_back(step.policies[i]);
  }
  return rest;
}

}  // namespace joulemark::campaign::team

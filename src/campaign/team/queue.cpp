#include "campaign/team/queue.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace joulemark::campaign::team {

Queue::Queue(std::vector<std::size_t> units)
    : units_(std::move(units)), waiting_(units_.size()), given_back_(units_.size(), 0) {
  std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
}

bool Queue::is_for(std::size_t taker, std::size_t job) const {
  const auto found = takers_.find(units_[job]);
  return found == takers_.end() || found->second == taker;
}

std::optional<std::size_t> Queue::take(std::size_t taker) {
  const auto first =
      std::ranges::find_if(waiting_, [&](std::size_t j) { return is_for(taker, j); });
  if (first == waiting_.end()) return std::nullopt;
  const std::size_t job = *first;
  waiting_.erase(first);
  // A job that stands alone is for whoever is free, also when it comes back.
  if (std::ranges::count(units_, units_[job]) > 1) takers_[units_[job]] = taker;
  return job;
}

void Queue::leave(std::size_t taker) {
  std::erase_if(takers_, [&](const auto& of) { return of.second == taker; });
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

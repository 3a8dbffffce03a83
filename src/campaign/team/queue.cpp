#include "campaign/team/queue.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace joulemark::campaign::team {

bool Turns::is_due(std::size_t taker) const {
  return std::ranges::none_of(had_, [&](const auto& of) { return of && *of < had_[taker]; });
}

void Turns::had(std::size_t taker) {
  if (had_[taker]) ++*had_[taker];
}

Queue::Queue(std::vector<std::size_t> units, std::set<std::size_t> sentinels, Turns* turns)
    : units_(std::move(units)),
      sentinels_(std::move(sentinels)),
      turns_(turns),
      waiting_(units_.size()),
      given_back_(units_.size(), 0) {
  std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
}

bool Queue::is_for(std::size_t taker, std::size_t job) const {
  const auto found = takers_.find(units_[job]);
  return found == takers_.end() || found->second == taker;
}

bool Queue::is_anothers_turn(std::size_t taker, std::size_t job) const {
  return turns_ != nullptr && sentinels_.contains(job) && !turns_->is_due(taker);
}

std::optional<std::size_t> Queue::take(std::size_t taker) {
  const auto fits = [&](std::size_t job) { return is_for(taker, job); };
  auto first = std::ranges::find_if(
      waiting_, [&](std::size_t job) { return fits(job) && !is_anothers_turn(taker, job); });
  if (first == waiting_.end()) first = std::ranges::find_if(waiting_, fits);
  if (first == waiting_.end()) return std::nullopt;
  const std::size_t job = *first;
  waiting_.erase(first);
  if (turns_ != nullptr && sentinels_.contains(job)) turns_->had(taker);
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

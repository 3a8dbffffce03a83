#include <algorithm>
#include <vector>

#include "base/statistics.hpp"
#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

constexpr double kNearPeak = 0.98;
constexpr double kClimb = 1.2;
/// Of short steps a burst has more, but then it is the time that counts, not the steps.
constexpr double kMostStepsOfABurst = 7.0;

double best_throughput(std::span<const Burst> bursts) {
  double best = 0.0;
  for (const Burst& b : bursts) best = std::max(best, b.throughput.value);
  return best;
}

}  // namespace

Nanoseconds typical_step(std::span<const Instant> completions) {
  const std::size_t apart = std::max<std::size_t>(1, (completions.size() - 1) / 2);
  std::vector<double> steps;
  for (std::size_t i = 0; i + apart < completions.size(); ++i)
    steps.push_back(seconds(completions[i + apart] - completions[i]) / static_cast<double>(apart));
  return from_seconds(quantile(steps, 0.5).value_or(0.0));
}

std::optional<std::int64_t> BatchSearch::next() const {
  if (bursts_.empty()) return first_that_may_fit();
  const auto larger = next_larger();
  return larger ? larger : missing_half();
}

std::optional<std::int64_t> BatchSearch::first_that_may_fit() const {
  if (!too_large_) return first();
  return *too_large_ > 1 ? std::optional(*too_large_ / 2) : std::nullopt;
}

std::optional<std::int64_t> BatchSearch::next_larger() const {
  // While throughput still grows with the batch, the size in between cannot be near the peak.
  constexpr double kLinear = 0.9;
  const Burst& last = bursts_.back();
  std::int64_t factor = 2;
  if (bursts_.size() > 1) {
    const Burst& previous = bursts_[bursts_.size() - 2];
    const double grown = static_cast<double>(last.batch) / static_cast<double>(previous.batch);
    if (last.throughput / previous.throughput >= kLinear * grown) factor = 4;
  }
  std::int64_t batch = last.batch * factor;
  while (batch > last.batch && (batch > limits_.largest || (too_large_ && batch >= *too_large_))) {
    batch /= 2;
  }
  if (batch == last.batch || without_gain_ >= 2 || !affordable(batch)) return std::nullopt;
  return batch;
}

/// Do not start what cannot end in time. A burst of a larger batch has longer steps; what else the
/// last one took it will take again.
bool BatchSearch::affordable(std::int64_t batch) const {
  const Burst& last = bursts_.back();
  const double step_s = static_cast<double>(last.batch) / last.throughput.value;
  const double growth = static_cast<double>(batch) / static_cast<double>(last.batch) - 1.0;
  const auto longer = from_seconds(kMostStepsOfABurst * step_s * growth);
  const auto within = [](Nanoseconds time, Nanoseconds limit) {
    return limit.count() == 0 || time <= limit;
  };
  return within(spent_.running + last_took_.running + longer, limits_.running) &&
         within(
             spent_.running + spent_.preparing + last_took_.running + last_took_.preparing + longer,
             limits_.altogether);
}

bool BatchSearch::cut_short() const {
  if (bursts_.empty() || without_gain_ > 0 || too_large_) return false;
  const std::int64_t doubled = 2 * bursts_.back().batch;
  return doubled <= limits_.largest && !affordable(doubled);
}

/// Where the walk jumped over half of the best size, or began with it, that half may do as well.
std::optional<std::int64_t> BatchSearch::missing_half() const {
  const auto best = throughput_batch();
  if (!best || *best == 1) return std::nullopt;
  const bool tried = std::any_of(bursts_.begin(), bursts_.end(),
                                 [&](const Burst& b) { return b.batch == *best / 2; });
  return tried ? std::nullopt : std::optional(*best / 2);
}

void BatchSearch::add(const Burst& burst) {
  spent_.running += burst.took.running;
  spent_.preparing += burst.took.preparing;
  const auto place =
      std::upper_bound(bursts_.begin(), bursts_.end(), burst,
                       [](const Burst& a, const Burst& b) { return a.batch < b.batch; });
  if (place == bursts_.end()) {
    // Libraries pick kernels by size, and a pick can be a bad one: a vgg11 lost 58 % from batch 8
    // to 16 on an H200, and made it good beyond. A climb out of such a hole is no end of growth.
    const bool gained = burst.throughput.value * kNearPeak > best_throughput(bursts_);
    const bool climbs = !bursts_.empty() && burst.throughput / bursts_.back().throughput >= kClimb;
    if (gained) {
      without_gain_ = 0;
    } else if (!climbs) {
      ++without_gain_;
    }
    last_took_ = burst.took;
  }
  bursts_.insert(place, burst);
}

void BatchSearch::out_of_memory(std::int64_t batch) { too_large_ = batch; }

std::optional<std::int64_t> BatchSearch::throughput_batch() const {
  const double peak = best_throughput(bursts_);
  for (const Burst& b : bursts_) {
    if (b.throughput.value >= kNearPeak * peak) return b.batch;
  }
  return std::nullopt;
}

std::optional<std::int64_t> BatchSearch::min_energy_batch() const {
  std::optional<Burst> best;
  for (const Burst& b : bursts_) {
    if (b.energy && (!best || *b.energy < *best->energy)) best = b;
  }
  return best ? std::optional(best->batch) : throughput_batch();
}

}  // namespace joulemark::measure

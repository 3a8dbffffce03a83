#include <algorithm>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

constexpr double kNearPeak = 0.98;

double best_throughput(std::span<const Burst> bursts) {
  double best = 0.0;
  for (const Burst& b : bursts) best = std::max(best, b.throughput.value);
  return best;
}

}  // namespace

std::optional<std::int64_t> BatchSearch::next() const {
  if (bursts_.empty()) return too_large_ ? std::nullopt : std::optional<std::int64_t>(1);
  const auto larger = next_larger();
  return larger ? larger : missing_half();
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
  if (batch == last.batch || without_gain_ >= 2) return std::nullopt;
  // A burst takes up to as much longer as its batch is larger: do not start what cannot end.
  const auto predicted = last_took_ * (batch / last.batch);
  if (limits_.budget.count() > 0 && spent_ + predicted > limits_.budget) return std::nullopt;
  return batch;
}

/// Where the walk jumped over half of the best size, that half may do as well.
std::optional<std::int64_t> BatchSearch::missing_half() const {
  const auto best = throughput_batch();
  if (!best || *best == 1) return std::nullopt;
  const bool tried = std::any_of(bursts_.begin(), bursts_.end(),
                                 [&](const Burst& b) { return b.batch == *best / 2; });
  return tried ? std::nullopt : std::optional(*best / 2);
}

void BatchSearch::add(const Burst& burst, Nanoseconds took) {
  spent_ += took;
  const auto place =
      std::upper_bound(bursts_.begin(), bursts_.end(), burst,
                       [](const Burst& a, const Burst& b) { return a.batch < b.batch; });
  if (place == bursts_.end()) {
    const bool gained = burst.throughput.value * kNearPeak > best_throughput(bursts_);
    without_gain_ = gained ? 0 : without_gain_ + 1;
    last_took_ = took;
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

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
  const std::int64_t doubled = bursts_.back().batch * 2;
  if (too_large_ || doubled > limits_.largest || without_gain_ >= 2) return std::nullopt;
  // A burst of twice the batch takes up to twice the time: do not start what cannot end in budget.
  if (limits_.budget.count() > 0 && spent_ + 2 * last_took_ > limits_.budget) return std::nullopt;
  return doubled;
}

void BatchSearch::add(const Burst& burst, Nanoseconds took) {
  const bool gained = burst.throughput.value * kNearPeak > best_throughput(bursts_);
  without_gain_ = gained ? 0 : without_gain_ + 1;
  bursts_.push_back(burst);
  spent_ += took;
  last_took_ = took;
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

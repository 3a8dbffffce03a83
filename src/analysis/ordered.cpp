#include "analysis/ordered.hpp"

#include <algorithm>
#include <numeric>

namespace joulemark::analysis {

Ordered::Ordered(std::span<const double> values) : order_(values.size()) {
  std::iota(order_.begin(), order_.end(), std::uint32_t{0});
  std::ranges::sort(order_, {}, [&](std::uint32_t i) { return values[i]; });
  for (std::size_t i = 1; i <= order_.size(); ++i) {
    const bool is_end = i == order_.size() || values[order_[i]] != values[order_[i - 1]];
    if (is_end) ends_.push_back(static_cast<std::uint32_t>(i));
  }
}

void Ordered::ranks_of(std::span<const double> times, std::span<double> ranks) const {
  double before = 0.0;
  if (ends_.size() == order_.size()) {  // all differ
    for (const std::uint32_t i : order_) {
      const double drawn = times[i];
      ranks[i] = before + (drawn + 1.0) / 2.0;
      before += drawn;
    }
    return;
  }
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    double drawn = 0.0;
    for (std::size_t i = begin; i < end; ++i) drawn += times[order_[i]];
    const double rank = before + (drawn + 1.0) / 2.0;
    for (std::size_t i = begin; i < end; ++i) ranks[order_[i]] = rank;
    before += drawn;
    begin = end;
  }
}

}  // namespace joulemark::analysis

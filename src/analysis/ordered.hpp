#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace joulemark::analysis {

/// The order of some finite values, found once. What depends on the order of values that are drawn
/// from them is counted then and needs no sorting, which most of the time of a bootstrap would go
/// into.
class Ordered {
 public:
  explicit Ordered(std::span<const double> values);
  /// Ranks among the drawn: from 1 on; equal values share their mean rank.
  std::vector<double> ranks_of(std::span<const std::size_t> drawn) const;
  /// Quantile q in [0, 1] of the drawn, of which there is one at least, as joulemark::quantile.
  double quantile_of(std::span<const std::size_t> drawn, double q) const;

 private:
  std::vector<std::uint32_t> times_drawn(std::span<const std::size_t> drawn) const;

  std::vector<double> different_;     ///< values, least first
  std::vector<std::uint32_t> place_;  ///< of each value among those
};

}  // namespace joulemark::analysis

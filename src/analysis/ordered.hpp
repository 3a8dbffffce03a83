#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace joulemark::analysis {

/// The order of some finite values, found once. Ranks of values that are drawn from them are
/// counted then and need no sorting, which most of the time of a bootstrap would go into.
class Ordered {
 public:
  explicit Ordered(std::span<const double> values);
  /// Writes the rank of each value among the drawn: from 1 on; equal values share their mean rank.
  /// `times`: how often each is drawn; the rank of one that is not says nothing. All of one length.
  void ranks_of(std::span<const double> times, std::span<double> ranks) const;

 private:
  std::vector<std::uint32_t> order_;  ///< of the values, the least first
  std::vector<std::uint32_t> ends_;   ///< where in that order equal ones end
};

}  // namespace joulemark::analysis

#pragma once

#include <span>
#include <vector>

#include "analysis/row.hpp"
#include "base/result.hpp"

namespace joulemark::analysis {

/// Something with an accuracy, where more is better, and a price, where less is.
struct Candidate {
  double accuracy = 0.0;
  double joules = 0.0;
  double rel = 0.0;  ///< half width of the 95 % interval of joules, relative
  Site site = {};    ///< its board is named by the row
};

/// Where a candidate stands towards the Pareto frontier: those that no other dominates. One
/// dominates another that is at least as accurate and as cheap, and better in one of both; two that
/// are equal in both do not.
enum class Standing {
  member,     ///< and it costs less than all that are as accurate, beyond both intervals
  uncertain,  ///< member, but another as accurate may cost less: the intervals of both decide it
  possible,   ///< dominated, but only by what may cost more: within the intervals
  dominated,
};
/// "member", "uncertain member", "possible member", "dominated".
const char* name(Standing standing);
inline bool on_frontier(Standing s) { return s == Standing::member || s == Standing::uncertain; }

/// Of each candidate. The interval of a ratio of two is the root of the sum of squares of their
/// relative ones, and of what lies between boards and temperatures, in the logarithm. Error:
/// invalid_input for what is not finite, joules of 0 or less and a negative interval.
Result<std::vector<Standing>> standings(std::span<const Candidate> candidates);

}  // namespace joulemark::analysis

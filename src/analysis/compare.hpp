#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "analysis/row.hpp"
#include "base/result.hpp"

/// Two models or more, side by side on one setup: docs/compare.md.
namespace joulemark::analysis {

/// What one model is beside the first that was named.
struct Beside {
  double times = 1.0;  ///< energy over that of the first
  Interval ci95;       ///< of that, from both intervals and the terms that they do not share
  std::optional<double> points;       ///< of top-1, more than the first, percentage points
  std::optional<double> points_ci95;  ///< half width, of two samples that have nothing in common
  std::optional<double> times_throughput;
  /// Half width, relative, of what two boards of a name may differ by, which is in that interval.
  /// Absent where both were measured on one board, or on boards that are not known.
  std::optional<double> between_boards;

  /// Whether the energies can be told apart.
  bool is_distinguishable() const { return ci95.low > 1.0 || ci95.high < 1.0; }
};

/// The one beside the other, whose top-1 on the set of images these are.
Beside beside(const Row& row, const std::optional<double>& top1, const Row& first,
              const std::optional<double>& first_top1,
              catalogue::TestSet set = catalogue::TestSet::imagenet);

/// A sentence on those that were measured on another board than the first, whose intervals are the
/// wider for it; empty where none was.
std::string boards_in_words(const std::vector<Beside>& beside);

struct Side {
  std::string asked;  ///< as it was named
  const Row* row = nullptr;
  std::string weights;           ///< architecture.tag whose accuracy this is; empty: none published
  std::optional<double> top1;    ///< percent, on ImageNet, published
  std::optional<Beside> beside;  ///< absent for the first
};

struct Comparison {
  std::string setup, policy;
  std::vector<Side> sides;                ///< in the order of the names
  std::vector<std::string> other_setups;  ///< not used
};

/// Pure. A model is named as "resnet50", "resnet50.a1_in1k" or "resnet50@288x288": the accuracy is
/// that of the weights that are named, else of the best at that size; the energy that of the
/// architecture. The setup is the one that has measured most of them, and the rows are of one
/// policy. Errors: invalid_input for fewer than two names, a name twice, and an architecture at
/// several sizes that names none; not_found for what that setup has not measured.
Result<Comparison> compare(std::span<const Row> rows, const std::string& policy,
                           const std::vector<std::string>& names);

}  // namespace joulemark::analysis

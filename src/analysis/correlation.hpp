#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/bootstrap.hpp"

namespace joulemark::analysis {

/// Pearson's product-moment coefficient. Absent for fewer than three pairs, for values that are not
/// finite, and where all of one side are equal.
std::optional<double> pearson(std::span<const double> x, std::span<const double> y);

/// Spearman's coefficient: Pearson's of the ranks, in which equal values share their mean rank.
std::optional<double> spearman(std::span<const double> x, std::span<const double> y);

/// Ranks from 1 on; equal values share their mean rank.
std::vector<double> ranks(std::span<const double> values);

using Coefficient = std::optional<double> (*)(std::span<const double>, std::span<const double>);

struct Correlation {
  double value = 0.0;
  std::optional<Interval> ci95;  ///< absent where too many resamples have no coefficient
};
/// With its bootstrap interval, over pairs. Absent as the coefficient is.
std::optional<Correlation> correlate(Coefficient coefficient, std::span<const double> x,
                                     std::span<const double> y);

}  // namespace joulemark::analysis

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "analysis/ordered.hpp"

namespace joulemark::analysis {

/// Pearson's product-moment coefficient. Absent for fewer than three pairs, for values that are not
/// finite, and where all of one side are equal.
std::optional<double> pearson(std::span<const double> x, std::span<const double> y);

/// Spearman's coefficient: Pearson's of the ranks, in which equal values share their mean rank.
std::optional<double> spearman(std::span<const double> x, std::span<const double> y);

/// Spearman's coefficient of x and y at equal z: the partial correlation of their ranks, what is
/// left of both when the line over the ranks of z is taken out (Kendall and Stuart, The Advanced
/// Theory of Statistics, vol. 2, ch. 27). Absent as Spearman's of any two of them, and where z
/// ranks x or y as it is ranked itself, so that nothing is left.
std::optional<double> partial_spearman(std::span<const double> x, std::span<const double> y,
                                       std::span<const double> z);

/// Ranks from 1 on; equal values share their mean rank.
std::vector<double> ranks(std::span<const double> values);

/// Spearman's coefficient of drawn rows; absent where all of one side are equal.
std::optional<double> spearman(const Ordered& x, const Ordered& y,
                               std::span<const std::size_t> drawn);

using Coefficient = std::optional<double> (*)(std::span<const double>, std::span<const double>);

struct Correlation {
  double value = 0.0;
  std::optional<Interval> ci95;  ///< absent where too many resamples have no coefficient
};
/// With its bootstrap interval, over pairs. Absent as the coefficient is.
std::optional<Correlation> correlate(Coefficient coefficient, std::span<const double> x,
                                     std::span<const double> y);

/// Spearman's at equal z, the same way.
std::optional<Correlation> correlate_given(std::span<const double> x, std::span<const double> y,
                                           std::span<const double> z);

}  // namespace joulemark::analysis

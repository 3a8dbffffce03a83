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

/// Spearman's coefficient of x and y at equal z: the partial correlation of their ranks, what is
/// left of both when the line over the ranks of z is taken out (Kendall and Stuart, The Advanced
/// Theory of Statistics, vol. 2, ch. 27). Absent as Spearman's of any two of them, and where z
/// ranks x or y as it is ranked itself, so that nothing is left.
std::optional<double> partial_spearman(std::span<const double> x, std::span<const double> y,
                                       std::span<const double> z);

/// Ranks from 1 on; equal values share their mean rank.
std::vector<double> ranks(std::span<const double> values);

using Coefficient = std::optional<double> (*)(std::span<const double>, std::span<const double>);

struct Correlation {
  double value = 0.0;
  std::optional<Interval> ci95;  ///< absent where too many resamples have no coefficient
};
/// Of y with each of the xs, all of one length, with bootstrap intervals over pairs, from the same
/// draws. Absent as the coefficient is.
std::vector<std::optional<Correlation>> correlate_each(Coefficient coefficient,
                                                       std::span<const std::vector<double>> xs,
                                                       std::span<const double> y);

/// Spearman's of y with each of the xs at equal z, the same way.
std::vector<std::optional<Correlation>> correlate_each_given(
    std::span<const std::vector<double>> xs, std::span<const double> y, std::span<const double> z);

/// How much higher Spearman's coefficient of y is with x than with other, with its interval; absent
/// where one of both is absent, also in too many resamples.
std::optional<Correlation> spearman_difference(std::span<const double> x,
                                               std::span<const double> other,
                                               std::span<const double> y);

}  // namespace joulemark::analysis

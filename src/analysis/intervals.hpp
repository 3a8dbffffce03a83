#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "analysis/bootstrap.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {

/// Fewest values for a bootstrap.
inline constexpr std::size_t kFewestToResample = 10;

/// So many standard deviations of a normal value are 95 % within, on either side.
inline constexpr double kDeviationsOf95 = 1.959964;

/// Of a share of `of` things that `times` of them have: exact, from the binomial distribution
/// (Clopper and Pearson 1934). `of` is 1 or more.
Interval share_ci95(std::size_t times, std::size_t of);

/// Of a standard deviation that is known from a sum of squares with `degrees` >= 1 degrees of
/// freedom, for values that are normal.
Interval deviation_ci95(double squares, std::size_t degrees);

/// A geometric mean, which is the mean for ratios: those of 1/2 and 2 make 1.
struct GeometricMean {
  double mean = 0.0;
  Interval ci95;        ///< Student's t of the logarithms: for other models like these
  double spread = 1.0;  ///< geometric standard deviation: two in three are within mean / and *
};
/// Absent for fewer than three ratios, and for any that is not a number above 0.
std::optional<GeometricMean> geometric_mean(std::span<const double> ratios);

/// Of a value whose (natural) logarithm is known to ± rel.
Interval in_logarithm(double value, double rel);

/// A slope and what it is known to within.
struct Slope {
  double value = 0.0;
  Interval ci95;
  bool holds(double slope) const { return ci95.low <= slope && slope <= ci95.high; }
};
/// That of a line through `points` points (three at least), with Student's t of its residuals.
Slope slope_of(const Line& line, std::size_t points);

/// The slope of the line by least squares through (x, y), of which each y is known to ± half (95
/// %), independently of the others: the interval is what these make, not what the residuals do.
/// Absent for fewer than two points, and where all x are equal.
std::optional<Slope> slope_of_known(std::span<const double> x, std::span<const double> y,
                                    std::span<const double> half);

/// A median with its interval between two of the values, whatever their distribution: the narrowest
/// of those that leave as many values out on either side and hold the median of all there are in 95
/// % of samples or more (Conover, Practical Nonparametric Statistics, ch. 3.2). Fewer than six
/// values have none.
struct Median {
  double value = 0.0;
  std::optional<Interval> ci95;
};
inline constexpr const char* kFewerThanSix = "fewer than six values";
/// Absent for no values.
std::optional<Median> median(std::span<const double> values);

}  // namespace joulemark::analysis

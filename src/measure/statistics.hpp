#pragma once

#include <optional>
#include <span>

namespace joulemark::measure {

/// Mean of `values`; 0 for none.
double mean(std::span<const double> values);

/// Sample standard deviation (n - 1); 0 for fewer than two.
double standard_deviation(std::span<const double> values);

/// Lag-1 autocorrelation coefficient about the mean, in [-1, 1]; 0 for fewer than three values or
/// no variance.
double lag1_autocorrelation(std::span<const double> values);

/// Quantile q in [0, 1] by linear interpolation of order statistics (Hyndman and Fan, type 7).
/// Absent for no values.
std::optional<double> quantile(std::span<const double> values, double q);

/// Two-sided 95 % critical value of Student's t with `degrees` >= 1 degrees of freedom.
double student_t_95(double degrees);

/// A 95 % confidence interval of a mean from batch means.
struct MeanInterval {
  double mean = 0.0;
  double half_width = 0.0;  ///< same unit as the mean
  double relative() const { return mean == 0.0 ? 0.0 : half_width / mean; }
};

/// The interval of the mean of `values`, consecutive batch means: the widest of
///   - Student's t times the standard error, inflated by sqrt((1 + r) / (1 - r)) for a positive
///     lag-1 autocorrelation r (the variance of the mean of an AR(1) sequence; Law, Simulation
///     Modeling and Analysis, ch. 9), r bounded by 0.9. A negative r does not shrink it;
///   - the same, without r, of the means of two, three and four neighbours, where that leaves three
///     groups or more. What r, which is estimated too low from few values, misses of a slow change
///     shows in groups.
/// With ten values or more it holds in 93 to 97 % of runs over a mix of drifts, memories and
/// outliers that is ended by the stopping rule (coverage_test, bench/coverage). Absent for fewer
/// than two values.
std::optional<MeanInterval> mean_interval(std::span<const double> values);

/// A least-squares line through (x, y).
struct Line {
  double intercept = 0.0;
  double slope = 0.0;
  double slope_standard_error = 0.0;
};
/// Absent for fewer than three points or when all x are equal.
std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y);

}  // namespace joulemark::measure

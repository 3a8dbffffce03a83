#pragma once

#include <optional>
#include <span>

/// Numbers about numbers that more than one part needs.
namespace joulemark {

/// Mean of `values`; 0 for none.
double mean(std::span<const double> values);

/// Sample standard deviation (n - 1); 0 for fewer than two.
double standard_deviation(std::span<const double> values);

/// Quantile q in [0, 1] by linear interpolation of order statistics (Hyndman and Fan, type 7).
/// Absent for no values.
std::optional<double> quantile(std::span<const double> values, double q);

/// Two-sided 95 % critical value of Student's t with `degrees` >= 1 degrees of freedom.
double student_t_95(double degrees);

/// A line through (x, y) by ordinary least squares.
struct Line {
  double intercept = 0.0;
  double slope = 0.0;
  double intercept_standard_error = 0.0;
  double slope_standard_error = 0.0;
  double squares = 0.0;  ///< sum of squared residuals
};
/// Absent for fewer than three points or when all x are equal.
std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y);

}  // namespace joulemark

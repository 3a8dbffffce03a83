#pragma once

#include <optional>
#include <span>

#include "analysis/bootstrap.hpp"

/// Two forms of "energy rises faster and faster as errors are removed", fitted to the binary
/// logarithm of energy: by least squares, or at a quantile of energy given error. Their residuals
/// are of the same quantity, so they compare.
namespace joulemark::analysis {

/// One model.
struct Point {
  double error = 0.0;   ///< share of images, 0 to 1: 1 - top-1
  double joules = 0.0;  ///< for one image
};

/// Fewest points for a fit: AICc needs two more than there are parameters.
inline constexpr std::size_t kFewestToFit = 6;
/// Parameters of either form: three, and the variance of the residuals.
inline constexpr std::size_t kFitParameters = 4;

/// log2 E = c - gamma * log2(error - floor), 0 <= floor < the least error.
struct FlooredPower {
  double c = 0.0;
  double gamma = 0.0;
  double floor = 0.0;
  double loss = 0.0;      ///< sum of squared residuals; at a quantile, pinball loss
  bool at_limit = false;  ///< the floor is 0, or the least error: no floor could be told
  double log2_joules(double error) const;
};

/// log2 E = c + a * exp(b * (accuracy - best accuracy)), b > 0: where a > 0, the exponent of the
/// energy is itself an exponential of the accuracy. The best accuracy is that of the points.
struct DoubleExponential {
  double c = 0.0;
  double a = 0.0;
  double b = 0.0;     ///< for the share, 0 to 1
  double best = 0.0;  ///< share
  double loss = 0.0;
  bool at_limit = false;  ///< b is as small or as large as it may be
  double log2_joules(double error) const;
};

/// Least squares over all three parameters: the line for each value of the nonlinear one, whose own
/// is looked for on a grid and then by Brent's method. Absent for fewer than four points, fewer
/// than three different errors, and points that are not sound (0 < error <= 1, 0 < joules).
std::optional<FlooredPower> fit_floored_power(std::span<const Point> points);
std::optional<DoubleExponential> fit_double_exponential(std::span<const Point> points);

/// The same at a quantile 0 < q < 1 of energy given error: the share q of points takes less. What
/// is least is the pinball loss.
std::optional<FlooredPower> floored_power_at(std::span<const Point> points, double q);
std::optional<DoubleExponential> double_exponential_at(std::span<const Point> points, double q);

/// Akaike's criterion for n residuals with normal errors, corrected for small n (Hurvich and Tsai
/// 1989): n ln(squares / n) + 2k + 2k(k + 1) / (n - k - 1). Absent for n <= k + 1, and where
/// nothing but rounding is left.
std::optional<double> aicc(std::size_t n, double squares, std::size_t parameters);

/// Of a difference of AIC or AICc (Burnham and Anderson, Model Selection and Multimodel Inference,
/// ch. 2.6): below the first, both forms have support; beyond the second, one has practically none.
inline constexpr double kSomeDifference = 2.0;
inline constexpr double kClearDifference = 10.0;

/// Both forms on the same points.
struct Fits {
  FlooredPower power;
  DoubleExponential exponential;
  double power_aicc = 0.0;
  double exponential_aicc = 0.0;
  // Bootstrap intervals over points.
  std::optional<Interval> gamma_ci95, floor_ci95, b_ci95;
};
/// Absent for fewer than kFewestToFit points, as the fits are, and where a form meets all points.
std::optional<Fits> fit_both(std::span<const Point> points);

/// Both forms at one quantile.
struct QuantileFits {
  double q = 0.5;
  FlooredPower power;
  DoubleExponential exponential;
  /// Akaike's criterion of the power law less that of the double exponential, for residuals of
  /// Laplace's asymmetric distribution, whose likelihood is greatest where the pinball loss is
  /// least (Yu and Moyeed 2001): 2n ln of the ratio of their losses. Both have as many parameters.
  double aic_difference = 0.0;
  /// Energy at the second error over that at the first, by the power law.
  double times = 1.0;
  // Bootstrap intervals over points; fewer draws than elsewhere, for each fit takes longer.
  std::optional<Interval> gamma_ci95, floor_ci95, times_ci95;
};
/// 5 points must be beyond the outer quantiles of 0.1 and 0.9.
inline constexpr std::size_t kFewestForQuantiles = 50;
inline constexpr std::size_t kQuantileResamples = 400;
/// `from` and `to` are errors within those of the points. Absent for fewer than
/// kFewestForQuantiles, as the fits are, and where a form meets all points.
std::optional<QuantileFits> fit_both_at(std::span<const Point> points, double q, double from,
                                        double to);

}  // namespace joulemark::analysis

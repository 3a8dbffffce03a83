#include "base/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

namespace joulemark {

double mean(std::span<const double> values) {
  if (values.empty()) return 0.0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0.0;
  const double m = mean(values);
  double sum = 0.0;
  for (const double v : values) sum += (v - m) * (v - m);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::optional<double> quantile(std::span<const double> values, double q) {
  if (values.empty()) return std::nullopt;
  std::vector<double> some(values.begin(), values.end());
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(some.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  // Nothing else need be in order: bootstraps take quantiles of thousands of draws.
  const auto at = some.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(some.begin(), at, some.end());
  const double low = *at;
  const double high = at + 1 == some.end() ? low : *std::min_element(at + 1, some.end());
  return low + (rank - static_cast<double>(below)) * (high - low);
}

double student_t_95(double degrees) {
  const boost::math::students_t distribution(degrees);
  return boost::math::quantile(distribution, 0.975);
}

std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y) {
  const std::size_t n = std::min(x.size(), y.size());
  if (n < 3) return std::nullopt;
  const double mx = mean(x.first(n));
  const double my = mean(y.first(n));
  double sxx = 0.0;
  double sxy = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    sxx += (x[i] - mx) * (x[i] - mx);
    sxy += (x[i] - mx) * (y[i] - my);
  }
  if (sxx == 0.0) return std::nullopt;
  Line line;
  line.slope = sxy / sxx;
  line.intercept = my - line.slope * mx;
  for (std::size_t i = 0; i < n; ++i) {
    const double e = y[i] - line.intercept - line.slope * x[i];
    line.squares += e * e;
  }
  const double variance = line.squares / static_cast<double>(n - 2);
  line.slope_standard_error = std::sqrt(variance / sxx);
  line.intercept_standard_error =
      std::sqrt(variance * (1.0 / static_cast<double>(n) + mx * mx / sxx));
  return line;
}

}  // namespace joulemark

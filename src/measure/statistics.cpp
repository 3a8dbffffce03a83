#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

namespace joulemark::measure {
namespace {

constexpr std::size_t kLargestGroup = 4;
constexpr std::size_t kFewestGroups = 3;

/// Of independent values: Student's t times the standard error.
double half_width_of_mean(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  return student_t_95(n - 1.0) * standard_deviation(values) / std::sqrt(n);
}

/// Means of groups of neighbours; the oldest values are left out where they do not fill a group.
std::vector<double> grouped(std::span<const double> values, std::size_t size) {
  std::vector<double> means;
  for (auto rest = values.subspan(values.size() % size); !rest.empty(); rest = rest.subspan(size)) {
    means.push_back(mean(rest.first(size)));
  }
  return means;
}

}  // namespace

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

double lag1_autocorrelation(std::span<const double> values) {
  if (values.size() < 3) return 0.0;
  const double m = mean(values);
  double variance = 0.0;
  double covariance = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    variance += (values[i] - m) * (values[i] - m);
    if (i > 0) covariance += (values[i] - m) * (values[i - 1] - m);
  }
  return variance == 0.0 ? 0.0 : covariance / variance;
}

std::optional<double> quantile(std::span<const double> values, double q) {
  if (values.empty()) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double student_t_95(double degrees) {
  const boost::math::students_t distribution(degrees);
  return boost::math::quantile(distribution, 0.975);
}

std::optional<MeanInterval> mean_interval(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double r = std::clamp(lag1_autocorrelation(values), 0.0, 0.9);
  double half_width = half_width_of_mean(values) * std::sqrt((1.0 + r) / (1.0 - r));
  for (std::size_t size = 2; size <= kLargestGroup; ++size) {
    if (values.size() / size < kFewestGroups) break;
    half_width = std::max(half_width, half_width_of_mean(grouped(values, size)));
  }
  return MeanInterval{mean(values), half_width};
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
  double residual = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double e = y[i] - line.intercept - line.slope * x[i];
    residual += e * e;
  }
  line.slope_standard_error = std::sqrt(residual / static_cast<double>(n - 2) / sxx);
  return line;
}

}  // namespace joulemark::measure

#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

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

}  // namespace joulemark::measure

#include "analysis/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/statistics/bivariate_statistics.hpp>

namespace joulemark::analysis {
namespace {

/// Finite, and not all equal.
bool varies(std::span<const double> values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }) &&
         *least < *most;
}

std::vector<double> taken(std::span<const double> values, std::span<const std::size_t> indices) {
  std::vector<double> out;
  out.reserve(indices.size());
  for (const std::size_t i : indices) out.push_back(values[i]);
  return out;
}

}  // namespace

std::optional<double> pearson(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || x.size() < 3 || !varies(x) || !varies(y)) return std::nullopt;
  const double r = boost::math::statistics::correlation_coefficient(
      std::vector<double>(x.begin(), x.end()), std::vector<double>(y.begin(), y.end()));
  // Values that differ in their last digits only have no variance that a double can hold.
  return std::isfinite(r) ? std::optional(std::clamp(r, -1.0, 1.0)) : std::nullopt;
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double shared = (static_cast<double>(first) + static_cast<double>(end) + 1.0) / 2.0;
    for (; first < end; ++first) out[order[first]] = shared;
  }
  return out;
}

std::optional<double> spearman(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || x.size() < 3 || !varies(x) || !varies(y)) return std::nullopt;
  return pearson(ranks(x), ranks(y));
}

std::optional<Correlation> correlate(Coefficient coefficient, std::span<const double> x,
                                     std::span<const double> y) {
  const auto value = coefficient(x, y);
  if (!value) return std::nullopt;
  const auto intervals = bootstrap(
      x.size(), [&](std::span<const std::size_t> indices) -> std::optional<std::vector<double>> {
        const auto again = coefficient(taken(x, indices), taken(y, indices));
        return again ? std::optional(std::vector<double>{*again}) : std::nullopt;
      });
  return Correlation{*value, intervals.empty() ? std::nullopt : std::optional(intervals.front())};
}

}  // namespace joulemark::analysis

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

Ordered::Ordered(std::span<const double> values) : place_(values.size()) {
  std::vector<double> different(values.begin(), values.end());
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  different_ = different.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = std::lower_bound(different.begin(), different.end(), values[i]);
    place_[i] = static_cast<std::size_t>(at - different.begin());
  }
}

std::vector<double> Ordered::ranks_of(std::span<const std::size_t> drawn) const {
  std::vector<double> rank(different_, 0.0);  // first how often each value was drawn
  for (const std::size_t i : drawn) rank[place_[i]] += 1.0;
  double before = 0.0;
  for (double& r : rank) {
    const double count = r;
    r = before + (count + 1.0) / 2.0;
    before += count;
  }
  std::vector<double> out;
  out.reserve(drawn.size());
  for (const std::size_t i : drawn) out.push_back(rank[place_[i]]);
  return out;
}

std::optional<double> spearman(const Ordered& x, const Ordered& y,
                               std::span<const std::size_t> drawn) {
  return pearson(x.ranks_of(drawn), y.ranks_of(drawn));
}

std::optional<Correlation> correlate(Coefficient coefficient, std::span<const double> x,
                                     std::span<const double> y) {
  const auto value = coefficient(x, y);
  if (!value) return std::nullopt;
  const Ordered ordered_x(x), ordered_y(y);
  const bool is_of_ranks = coefficient == static_cast<Coefficient>(spearman);
  const auto intervals = bootstrap(
      x.size(), [&](std::span<const std::size_t> indices) -> std::optional<std::vector<double>> {
        const auto again = is_of_ranks ? spearman(ordered_x, ordered_y, indices)
                                       : coefficient(taken(x, indices), taken(y, indices));
        return again ? std::optional(std::vector<double>{*again}) : std::nullopt;
      });
  return Correlation{*value, intervals.empty() ? std::nullopt : std::optional(intervals.front())};
}

}  // namespace joulemark::analysis

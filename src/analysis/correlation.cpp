#include "analysis/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include <Eigen/Core>

namespace joulemark::analysis {
namespace {

/// Of a share of ranks' variance: no more than rounding.
constexpr double kRounding = 1e-12;

bool all_equal(std::span<const double> values) {
  return std::ranges::all_of(values, [&](double v) { return v == values.front(); });
}

auto as_array(std::span<const double> values) {
  return Eigen::Map<const Eigen::ArrayXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

std::vector<double> taken(std::span<const double> values, std::span<const std::size_t> indices) {
  std::vector<double> out(indices.size());
  std::ranges::transform(indices, out.begin(), [&](std::size_t i) { return values[i]; });
  return out;
}

/// A coefficient of n pairs or triples, with the interval of the same of what is drawn of them.
std::optional<Correlation> with_interval(
    std::size_t n, std::optional<double> value,
    const std::function<std::optional<double>(std::span<const std::size_t>)>& of_drawn) {
  if (!value) return std::nullopt;
  const auto intervals =
      bootstrap(n, [&](std::span<const std::size_t> indices) -> std::optional<std::vector<double>> {
        const auto again = of_drawn(indices);
        return again ? std::optional(std::vector<double>{*again}) : std::nullopt;
      });
  return Correlation{*value, intervals.empty() ? std::nullopt : std::optional(intervals.front())};
}

/// What is left of the coefficient of x and y when those with z are taken out of both.
std::optional<double> partial(const std::optional<double>& xy, const std::optional<double>& xz,
                              const std::optional<double>& yz) {
  if (!xy || !xz || !yz) return std::nullopt;
  const double left_of_x = 1.0 - *xz * *xz;
  const double left_of_y = 1.0 - *yz * *yz;
  if (left_of_x < kRounding || left_of_y < kRounding) return std::nullopt;
  return std::clamp((*xy - *xz * *yz) / std::sqrt(left_of_x * left_of_y), -1.0, 1.0);
}

}  // namespace

std::optional<double> pearson(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || x.size() < 3 || all_equal(x) || all_equal(y)) return std::nullopt;
  const auto of_x = as_array(x), of_y = as_array(y);
  const double mean_x = of_x.mean(), mean_y = of_y.mean();
  const double squares_x = (of_x - mean_x).square().sum();
  const double squares_y = (of_y - mean_y).square().sum();
  const double products = ((of_x - mean_x) * (of_y - mean_y)).sum();
  const double r = products / (std::sqrt(squares_x) * std::sqrt(squares_y));
  // Not where a value is not finite, nor where they differ in their last digits only, so that they
  // have no variance that a double can hold.
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
  const auto finite = [](double v) { return std::isfinite(v); };
  if (!std::ranges::all_of(x, finite) || !std::ranges::all_of(y, finite)) return std::nullopt;
  return pearson(ranks(x), ranks(y));
}

std::optional<double> spearman(const Ordered& x, const Ordered& y,
                               std::span<const std::size_t> drawn) {
  return pearson(x.ranks_of(drawn), y.ranks_of(drawn));
}

std::optional<double> partial_spearman(std::span<const double> x, std::span<const double> y,
                                       std::span<const double> z) {
  return partial(spearman(x, y), spearman(x, z), spearman(y, z));
}

std::optional<Correlation> correlate(Coefficient coefficient, std::span<const double> x,
                                     std::span<const double> y) {
  const Ordered ordered_x(x), ordered_y(y);
  const bool is_of_ranks = coefficient == static_cast<Coefficient>(spearman);
  return with_interval(x.size(), coefficient(x, y), [&](std::span<const std::size_t> indices) {
    return is_of_ranks ? spearman(ordered_x, ordered_y, indices)
                       : coefficient(taken(x, indices), taken(y, indices));
  });
}

std::optional<Correlation> correlate_given(std::span<const double> x, std::span<const double> y,
                                           std::span<const double> z) {
  const Ordered ordered_x(x), ordered_y(y), ordered_z(z);
  return with_interval(x.size(), partial_spearman(x, y, z),
                       [&](std::span<const std::size_t> indices) {
                         const auto ranks_x = ordered_x.ranks_of(indices);
                         const auto ranks_y = ordered_y.ranks_of(indices);
                         const auto ranks_z = ordered_z.ranks_of(indices);
                         return partial(pearson(ranks_x, ranks_y), pearson(ranks_x, ranks_z),
                                        pearson(ranks_y, ranks_z));
                       });
}

}  // namespace joulemark::analysis

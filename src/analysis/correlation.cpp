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

/// Finite, and not all equal.
bool varies(std::span<const double> values) {
  const double first = values.front();
  bool is_finite = true, differs = false;
  for (const double v : values) {
    is_finite = is_finite && std::isfinite(v);
    differs = differs || v != first;
  }
  return is_finite && differs;
}

/// Less their mean.
Eigen::VectorXd centred(std::span<const double> values) {
  const Eigen::Map<const Eigen::ArrayXd> all(values.data(),
                                             static_cast<Eigen::Index>(values.size()));
  return all - all.mean();
}

std::vector<double> taken(std::span<const double> values, std::span<const std::size_t> indices) {
  std::vector<double> out;
  out.reserve(indices.size());
  for (const std::size_t i : indices) out.push_back(values[i]);
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
  if (x.size() != y.size() || x.size() < 3 || !varies(x) || !varies(y)) return std::nullopt;
  const Eigen::VectorXd of_x = centred(x), of_y = centred(y);
  const double r = of_x.dot(of_y) / (of_x.norm() * of_y.norm());
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

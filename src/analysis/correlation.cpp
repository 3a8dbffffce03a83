#include "analysis/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <Eigen/Core>

#include "analysis/ordered.hpp"

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

/// Values less their mean.
struct Centred {
  Eigen::ArrayXd off;
  double norm;  ///< 0 where all are equal; what the mean's rounding leaves of them is no variance
};

/// Each once.
Centred centred(std::span<const double> values) {
  Eigen::ArrayXd off = as_array(values) - as_array(values).mean();
  const double norm = all_equal(values) ? 0.0 : std::sqrt((off * off).sum());
  return {std::move(off), norm};
}

bool all_drawn_equal(const Eigen::ArrayXd& values, const Eigen::ArrayXd& times) {
  std::optional<double> first;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    if (times[i] > 0.0 && values[i] != first.value_or(values[i])) return false;
    if (times[i] > 0.0) first = values[i];
  }
  return true;
}

/// Each so often. Nothing but the values themselves is as long as they are: a bootstrap does this a
/// hundred thousand times.
Centred centred(Eigen::ArrayXd values, const Eigen::ArrayXd& times, double mean) {
  const bool is_constant = all_drawn_equal(values, times);
  values -= mean;
  const double norm = is_constant ? 0.0 : std::sqrt((values * (values * times)).sum());
  return {std::move(values), norm};
}

/// Absent where all of one side are equal, where a value is not finite, and where values differ in
/// their last digits only, so that they have no variance that a double can hold.
std::optional<double> coefficient_of(double products, double norms) {
  const double r = products / norms;
  return std::isfinite(r) ? std::optional(std::clamp(r, -1.0, 1.0)) : std::nullopt;
}

using Drawn = std::span<const std::size_t>;

/// A draw by how often each value is in it: sums over all values need no list of those drawn.
struct Draw {
  Draw(std::size_t n, Drawn drawn)
      : times(Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(n))),
        size(static_cast<double>(drawn.size())) {
    for (const std::size_t i : drawn) times[static_cast<Eigen::Index>(i)] += 1.0;
  }
  std::optional<double> coefficient(const Centred& x, const Centred& y) const {
    return coefficient_of((x.off * (y.off * times)).sum(), x.norm * y.norm);
  }

  Eigen::ArrayXd times;
  double size;
};

/// Some values, of which a coefficient is of the ranks or not.
class Variable {
 public:
  Variable(std::span<const double> values, bool by_rank) : values_(as_array(values)) {
    if (by_rank) ordered_.emplace(values);
  }
  Centred of(const Draw& draw) const {
    if (!ordered_) {
      return centred(values_, draw.times, (values_ * draw.times).sum() / draw.size);
    }
    Eigen::ArrayXd ranks(values_.size());
    ordered_->ranks_of({draw.times.data(), n()}, {ranks.data(), n()});
    return centred(std::move(ranks), draw.times, (draw.size + 1.0) / 2.0);
  }

 private:
  std::size_t n() const { return static_cast<std::size_t>(values_.size()); }

  Eigen::ArrayXd values_;
  std::optional<Ordered> ordered_;
};

std::vector<Variable> variables(std::span<const std::vector<double>> all, bool by_rank) {
  std::vector<Variable> out;
  for (const std::vector<double>& values : all) out.emplace_back(values, by_rank);
  return out;
}

/// Coefficients of n pairs or triples, with the intervals of the same of what is drawn of them.
std::vector<std::optional<Correlation>> with_intervals(
    std::size_t n, const std::vector<std::optional<double>>& values,
    const EachStatistic& of_drawn) {
  std::vector<std::optional<Correlation>> out(values.size());
  const bool any = std::ranges::any_of(values, [](const auto& value) { return value.has_value(); });
  if (!any) return out;
  const auto intervals = bootstrap_each(n, of_drawn);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) out[i] = Correlation{*values[i], intervals[i]};
  }
  return out;
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
  if (x.size() != y.size() || x.size() < 3) return std::nullopt;
  const Centred of_x = centred(x), of_y = centred(y);
  return coefficient_of((of_x.off * of_y.off).sum(), of_x.norm * of_y.norm);
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

std::optional<double> partial_spearman(std::span<const double> x, std::span<const double> y,
                                       std::span<const double> z) {
  return partial(spearman(x, y), spearman(x, z), spearman(y, z));
}

std::vector<std::optional<Correlation>> correlate_each(Coefficient coefficient,
                                                       std::span<const std::vector<double>> xs,
                                                       std::span<const double> y) {
  const bool by_rank = coefficient == static_cast<Coefficient>(spearman);
  const std::vector<Variable> each = variables(xs, by_rank);
  const Variable other(y, by_rank);
  std::vector<std::optional<double>> values;
  for (const std::vector<double>& x : xs) values.push_back(coefficient(x, y));
  return with_intervals(y.size(), values, [&](Drawn drawn) {
    const Draw draw(y.size(), drawn);
    const Centred of_y = other.of(draw);
    std::vector<std::optional<double>> again;
    for (const Variable& x : each) again.push_back(draw.coefficient(x.of(draw), of_y));
    return again;
  });
}

std::vector<std::optional<Correlation>> correlate_each_given(
    std::span<const std::vector<double>> xs, std::span<const double> y, std::span<const double> z) {
  const std::vector<Variable> each = variables(xs, true);
  const Variable other(y, true), given(z, true);
  std::vector<std::optional<double>> values;
  for (const std::vector<double>& x : xs) values.push_back(partial_spearman(x, y, z));
  return with_intervals(y.size(), values, [&](Drawn drawn) {
    const Draw draw(y.size(), drawn);
    const Centred of_y = other.of(draw), of_z = given.of(draw);
    const auto yz = draw.coefficient(of_y, of_z);
    std::vector<std::optional<double>> again;
    for (const Variable& x : each) {
      const Centred of_x = x.of(draw);
      again.push_back(partial(draw.coefficient(of_x, of_y), draw.coefficient(of_x, of_z), yz));
    }
    return again;
  });
}

std::optional<Correlation> spearman_difference(std::span<const double> x,
                                               std::span<const double> other,
                                               std::span<const double> y) {
  const auto difference = [](const std::optional<double>& of_x,
                             const std::optional<double>& of_other) -> std::optional<double> {
    return of_x && of_other ? std::optional(*of_x - *of_other) : std::nullopt;
  };
  const Variable a(x, true), b(other, true), c(y, true);
  const auto found =
      with_intervals(y.size(), {difference(spearman(x, y), spearman(other, y))}, [&](Drawn drawn) {
        const Draw draw(y.size(), drawn);
        const Centred of_y = c.of(draw);
        return std::vector{
            difference(draw.coefficient(a.of(draw), of_y), draw.coefficient(b.of(draw), of_y))};
      });
  return found.front();
}

}  // namespace joulemark::analysis

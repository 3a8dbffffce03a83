#include "analysis/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>

#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

constexpr double kTail = 0.025;

}  // namespace

Interval share_ci95(std::size_t times, std::size_t of) {
  using Binomial = boost::math::binomial_distribution<double>;
  const auto k = static_cast<double>(times);
  const auto n = static_cast<double>(of);
  return {times == 0 ? 0.0 : Binomial::find_lower_bound_on_p(n, k, kTail),
          times == of ? 1.0 : Binomial::find_upper_bound_on_p(n, k, kTail)};
}

Interval deviation_ci95(double squares, std::size_t degrees) {
  const boost::math::chi_squared distribution(static_cast<double>(degrees));
  return {std::sqrt(squares / boost::math::quantile(distribution, 1.0 - kTail)),
          std::sqrt(squares / boost::math::quantile(distribution, kTail))};
}

std::optional<GeometricMean> geometric_mean(std::span<const double> ratios) {
  if (ratios.size() < 3) return std::nullopt;
  std::vector<double> logs;
  for (const double ratio : ratios) {
    if (!std::isfinite(ratio) || !(ratio > 0.0)) return std::nullopt;
    logs.push_back(std::log(ratio));
  }
  const auto n = static_cast<double>(logs.size());
  const double centre = mean(logs);
  const double deviation = standard_deviation(logs);
  const double half = student_t_95(n - 1.0) * deviation / std::sqrt(n);
  return GeometricMean{
      std::exp(centre), {std::exp(centre - half), std::exp(centre + half)}, std::exp(deviation)};
}

Slope slope_of(const Line& line, std::size_t points) {
  const double half = student_t_95(static_cast<double>(points) - 2.0) * line.slope_standard_error;
  return {line.slope, {line.slope - half, line.slope + half}};
}

Interval in_logarithm(double value, double rel) {
  return {value * std::exp(-rel), value * std::exp(rel)};
}

std::optional<Slope> slope_of_known(std::span<const double> x, std::span<const double> y,
                                    std::span<const double> half) {
  const double centre = mean(x);
  double spread = 0.0;
  for (const double v : x) spread += (v - centre) * (v - centre);
  if (!(spread > 0.0)) return std::nullopt;
  double slope = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double weight = (x[i] - centre) / spread;
    slope += weight * y[i];
    squares += weight * weight * half[i] * half[i];
  }
  const double width = std::sqrt(squares);
  return Slope{slope, {slope - width, slope + width}};
}

std::optional<Median> median(std::span<const double> values) {
  const auto middle = quantile(values, 0.5);
  if (!middle) return std::nullopt;
  // Of a sample, as many values are below the median of all as heads are thrown with a coin.
  const boost::math::binomial coin(static_cast<double>(values.size()), 0.5);
  const double below = boost::math::quantile(coin, kTail);  // rounded down: the tail at most
  if (boost::math::cdf(coin, below) > kTail) return Median{*middle, std::nullopt};
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const auto left_out = static_cast<std::size_t>(below);
  return Median{*middle, Interval{sorted[left_out], sorted[sorted.size() - 1 - left_out]}};
}

}  // namespace joulemark::analysis

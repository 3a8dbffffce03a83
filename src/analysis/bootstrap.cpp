#include "analysis/bootstrap.hpp"

#include <functional>
#include <numeric>
#include <utility>

// Boost's, because what std's distributions make of a seed differs from library to library.
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "analysis/any_index.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

constexpr double kMostUndefined = 0.05;

void for_each_draw(std::size_t n, std::size_t resamples, std::uint64_t seed,
                   const std::function<void(std::span<const std::size_t>)>& use) {
  boost::random::mt19937_64 numbers(seed);
  const AnyIndex any(n);
  std::vector<std::size_t> indices(n);
  for (std::size_t i = 0; i < resamples; ++i) {
    for (std::size_t& index : indices) index = any(numbers);
    use(indices);
  }
}

/// Of the values of the draws that have any; absent where too few have.
std::optional<Interval> interval_of(std::span<const double> values, std::size_t resamples) {
  const auto undefined = static_cast<double>(resamples - values.size());
  if (values.empty() || undefined > kMostUndefined * static_cast<double>(resamples)) {
    return std::nullopt;
  }
  return Interval{*quantile(values, 0.025), *quantile(values, 0.975)};
}

}  // namespace

std::vector<Interval> bootstrap(std::size_t n, const Statistics& statistics, std::size_t resamples,
                                std::uint64_t seed) {
  if (n == 0) return {};
  std::vector<std::vector<double>> drawn;  // of each statistic, its values
  for_each_draw(n, resamples, seed, [&](std::span<const std::size_t> indices) {
    const auto values = statistics(indices);
    if (!values) return;
    drawn.resize(values->size());
    for (std::size_t k = 0; k < drawn.size(); ++k) drawn[k].push_back((*values)[k]);
  });
  std::vector<Interval> intervals;
  for (const std::vector<double>& values : drawn) {
    const auto interval = interval_of(values, resamples);
    if (!interval) return {};
    intervals.push_back(*interval);
  }
  return intervals;
}

std::vector<std::optional<Interval>> bootstrap_each(std::size_t n, const EachStatistic& statistics,
                                                    std::size_t resamples, std::uint64_t seed) {
  if (n == 0) return {};
  std::vector<std::vector<double>> drawn;  // of each statistic, its values where it has any
  for_each_draw(n, resamples, seed, [&](std::span<const std::size_t> indices) {
    const auto values = statistics(indices);
    drawn.resize(values.size());
    for (std::size_t k = 0; k < drawn.size(); ++k) {
      if (values[k]) drawn[k].push_back(*values[k]);
    }
  });
  std::vector<std::optional<Interval>> intervals;
  for (const std::vector<double>& values : drawn) {
    intervals.push_back(interval_of(values, resamples));
  }
  return intervals;
}

double share_of_orders(std::size_t n,
                       const std::function<bool(std::span<const std::size_t> order)>& holds,
                       std::size_t orders, std::uint64_t seed) {
  boost::random::mt19937_64 random(seed);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t held = 1;
  for (std::size_t i = 0; i < orders; ++i) {
    for (std::size_t k = n; k > 1;
         --k) {  // Fisher and Yates; std::shuffle differs between libraries
      boost::random::uniform_int_distribution<std::size_t> any(0, k - 1);
      std::swap(order[k - 1], order[any(random)]);
    }
    held += holds(order) ? 1 : 0;
  }
  return static_cast<double>(held) / static_cast<double>(orders + 1);
}

}  // namespace joulemark::analysis

#include "analysis/bootstrap.hpp"

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

}  // namespace

std::vector<Interval> bootstrap(std::size_t n, const Statistics& statistics, std::size_t resamples,
                                std::uint64_t seed) {
  if (n == 0 || resamples == 0) return {};
  boost::random::mt19937_64 random(seed);
  const AnyIndex any(n);
  std::vector<std::vector<double>> drawn;  // of each statistic, its values
  std::vector<std::size_t> indices(n);
  std::size_t undefined = 0;
  for (std::size_t i = 0; i < resamples; ++i) {
    for (std::size_t& index : indices) index = any(random);
    const auto values = statistics(indices);
    undefined += values ? 0 : 1;
    if (!values) continue;
    drawn.resize(values->size());
    for (std::size_t k = 0; k < drawn.size(); ++k) drawn[k].push_back((*values)[k]);
  }
  if (static_cast<double>(undefined) > kMostUndefined * static_cast<double>(resamples)) return {};
  std::vector<Interval> intervals;
  for (const std::vector<double>& values : drawn) {
    intervals.push_back({*quantile(values, 0.025), *quantile(values, 0.975)});
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

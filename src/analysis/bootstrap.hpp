#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace joulemark::analysis {

/// A 95 % interval.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// The seed of every bootstrap: the same rows give the same interval, on every machine.
inline constexpr std::uint64_t kSeed = 20261126;
inline constexpr std::size_t kResamples = 2000;

/// Some statistics of the rows with these indices, always the same number of them; absent where
/// rows drawn like this have none (all alike, say).
using Statistics = std::function<std::optional<std::vector<double>>(std::span<const std::size_t>)>;

/// Percentile intervals (Efron and Tibshirani, An Introduction to the Bootstrap, ch. 13) of some
/// statistics of n rows, which are drawn with replacement. Empty for no rows, and where more than a
/// twentieth of the draws have no statistics: their intervals would be of other draws than these.
std::vector<Interval> bootstrap(std::size_t n, const Statistics& statistics,
                                std::size_t resamples = kResamples, std::uint64_t seed = kSeed);

/// The same of statistics of which each may be absent by itself: each has the interval that it
/// would have alone, and one that is absent in too many draws has none.
using EachStatistic =
    std::function<std::vector<std::optional<double>>(std::span<const std::size_t>)>;
std::vector<std::optional<Interval>> bootstrap_each(std::size_t n, const EachStatistic& statistics,
                                                    std::size_t resamples = kResamples,
                                                    std::uint64_t seed = kSeed);

/// Of random orders of n things, the share in which `holds` holds, with the order that there is
/// counted in: the p of a permutation test (Efron and Tibshirani, ch. 15). Above 0.
double share_of_orders(std::size_t n,
                       const std::function<bool(std::span<const std::size_t> order)>& holds,
                       std::size_t orders = kResamples, std::uint64_t seed = kSeed);

}  // namespace joulemark::analysis

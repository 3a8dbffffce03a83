#include "analysis/ordered.hpp"

#include <algorithm>
#include <cmath>

namespace joulemark::analysis {

Ordered::Ordered(std::span<const double> values)
    : different_(values.begin(), values.end()), place_(values.size()) {
  std::ranges::sort(different_);
  const auto same = std::ranges::unique(different_);
  different_.erase(same.begin(), same.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = std::ranges::lower_bound(different_, values[i]);
    place_[i] = static_cast<std::uint32_t>(at - different_.begin());
  }
}

/// Each different value.
std::vector<std::uint32_t> Ordered::times_drawn(std::span<const std::size_t> drawn) const {
  std::vector<std::uint32_t> times(different_.size(), 0);
  for (const std::size_t i : drawn) ++times[place_[i]];
  return times;
}

std::vector<double> Ordered::ranks_of(std::span<const std::size_t> drawn) const {
  const std::vector<std::uint32_t> times = times_drawn(drawn);
  std::vector<double> rank(times.size());  // of each different value
  double before = 0.0;
  for (std::size_t place = 0; place < times.size(); ++place) {
    const double count = times[place];
    rank[place] = before + (count + 1.0) / 2.0;
    before += count;
  }
  std::vector<double> out(drawn.size());
  std::ranges::transform(drawn, out.begin(), [&](std::size_t i) { return rank[place_[i]]; });
  return out;
}

double Ordered::quantile_of(std::span<const std::size_t> drawn, double q) const {
  const std::vector<std::uint32_t> times = times_drawn(drawn);
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(drawn.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  std::size_t place = 0;
  std::size_t up_to = times[0];  // so many are drawn of this value and of lesser ones
  const auto go_to = [&](std::size_t wanted) {
    while (up_to <= wanted) up_to += times[++place];
    return different_[place];
  };
  const double low = go_to(below);
  const double high = go_to(std::min(below + 1, drawn.size() - 1));
  return low + (rank - static_cast<double>(below)) * (high - low);
}

}  // namespace joulemark::analysis

#include "analysis/minimum.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/tools/minima.hpp>

namespace joulemark::analysis {
namespace {

/// The least that steps have found, and whether it is at one of the limits.
struct Least {
  double at = 0.0;
  double loss = 0.0;
  bool is_end = false;
};

Minimum refined(const Loss& loss, const Least& least, double below, double above,
                const Search& search) {
  const auto found = boost::math::tools::brent_find_minima(loss, below, above, search.bits);
  if (least.is_end && least.loss <= found.second) return {least.at, true};
  return {found.first, false};
}

}  // namespace

Minimum minimise(const Loss& loss, double low, double high, const Search& search) {
  const auto grid = [&](int i) { return low + (high - low) * i / search.grid; };
  std::vector<double> values;
  for (int i = 0; i <= search.grid; ++i) values.push_back(loss(grid(i)));
  const auto best = static_cast<int>(std::ranges::min_element(values) - values.begin());
  const bool is_end = best == 0 || best == search.grid;
  return refined(loss, {grid(best), values[static_cast<std::size_t>(best)], is_end},
                 grid(std::max(best - 1, 0)), grid(std::min(best + 1, search.grid)), search);
}

Minimum minimise_from(double expected, const Loss& loss, double low, double high,
                      const Search& search) {
  const double step = (high - low) / search.grid;
  double at = std::clamp(expected, low, high);
  double value = loss(at);
  const auto beside = [&](double way) { return std::clamp(at + way * step, low, high); };
  const auto loss_beside = [&](double way) {
    return beside(way) == at ? HUGE_VAL : loss(beside(way));
  };
  double below = loss_beside(-1.0);
  double above = loss_beside(1.0);
  while (std::min(below, above) < value) {
    const double way = below < above ? -1.0 : 1.0;
    (way < 0.0 ? above : below) = value;
    value = way < 0.0 ? below : above;
    at = beside(way);
    (way < 0.0 ? below : above) = loss_beside(way);
  }
  return refined(loss, {at, value, at == low || at == high}, beside(-1.0), beside(1.0), search);
}

}  // namespace joulemark::analysis

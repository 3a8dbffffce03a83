#include "score/edition.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace joulemark::score {

double Curve::log2_joules(double error) const { return c - gamma * std::log2(error - floor); }

double Curve::log2_ci95(double error) const {
  const auto after =
      std::ranges::find_if(band, [&](const Node& node) { return node.error >= error; });
  if (after == band.begin()) return after->log2_ci95;
  if (after == band.end()) return band.back().log2_ci95;
  const Node& left = *std::prev(after);
  const double along = (error - left.error) / (after->error - left.error);
  return std::lerp(left.log2_ci95, after->log2_ci95, along);
}

const Curve* Edition::curve(catalogue::TestSet set) const {
  const auto found = std::ranges::find(curves, set, &Curve::set);
  return found == curves.end() ? nullptr : &*found;
}

}  // namespace joulemark::score

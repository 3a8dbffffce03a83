#include "analysis/quantile_line.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// A loss that is less by so little, relative, is rounding.
constexpr double kRounding = 1e-13;

struct Points {
  std::span<const double> x, y;
  double q;
};

double loss_of(const Points& points, double intercept, double slope) {
  double loss = 0.0;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const double residual = points.y[i] - intercept - slope * points.x[i];
    loss += residual * (residual > 0.0 ? points.q : points.q - 1.0);
  }
  return loss;
}

QuantileLine line_through(const Points& points, std::size_t pivot, double slope) {
  const double intercept = points.y[pivot] - slope * points.x[pivot];
  return {intercept, slope, loss_of(points, intercept, slope)};
}

/// A point as seen from the pivot.
struct Seen {
  double slope = 0.0;   ///< of the line through both
  double weight = 0.0;  ///< how far away it is in x: by so much its residual grows with the slope
  std::size_t point = 0;
};

/// Of all lines through the pivot the best goes through the point that this finds: as the slope
/// grows, the loss falls until the weights of the points passed make up for those ahead.
std::size_t turn_about(const Points& points, std::size_t pivot, std::vector<Seen>& seen) {
  seen.clear();
  double ahead = 0.0;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const double dx = points.x[i] - points.x[pivot];
    if (dx == 0.0) continue;
    const double weight = std::abs(dx);
    seen.push_back({(points.y[i] - points.y[pivot]) / dx, weight, i});
    ahead += weight * (dx > 0.0 ? points.q : 1.0 - points.q);
  }
  // A weighted median: only the half that it is in is looked at further, nothing is sorted.
  auto first = seen.begin();
  auto last = seen.end();
  while (last - first > 1) {
    const auto middle = first + (last - first) / 2;
    std::ranges::nth_element(first, middle, last, {}, &Seen::slope);
    double below = 0.0;
    for (auto s = first; s != middle; ++s) below += s->weight;
    if (below >= ahead) {
      last = middle;
    } else {
      ahead -= below;
      first = middle;
    }
  }
  return first->point;
}

/// The point nearest to the line of least squares: near the middle, where all lines pass.
std::size_t nearest_to(const Line& line, const Points& points) {
  std::size_t nearest = 0;
  const auto distance = [&](std::size_t i) {
    return std::abs(points.y[i] - line.intercept - line.slope * points.x[i]);
  };
  for (std::size_t i = 1; i < points.x.size(); ++i) {
    if (distance(i) < distance(nearest)) nearest = i;
  }
  return nearest;
}

}  // namespace

std::optional<QuantileLine> fit_quantile_line(std::span<const double> x, std::span<const double> y,
                                              double q) {
  const auto is_finite = [](double v) { return std::isfinite(v); };
  if (!std::ranges::all_of(x, is_finite) || !std::ranges::all_of(y, is_finite)) return std::nullopt;
  const auto start = fit_line(x, y);
  if (!start) return std::nullopt;
  const Points points{x, y, q};
  std::vector<Seen> seen;
  seen.reserve(x.size());
  std::size_t pivot = nearest_to(*start, points);
  QuantileLine best{0.0, 0.0, HUGE_VAL};
  for (;;) {
    const std::size_t other = turn_about(points, pivot, seen);
    const double slope = (y[other] - y[pivot]) / (x[other] - x[pivot]);
    const QuantileLine line = line_through(points, pivot, slope);
    if (!(line.loss < best.loss * (1.0 - kRounding))) return best;
    best = line;
    pivot = other;
  }
}

}  // namespace joulemark::analysis

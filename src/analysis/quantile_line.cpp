#include "analysis/quantile_line.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// A loss that is less by so little, relative, is rounding.
constexpr double kRounding = 1e-13;

/// What all points far on one side add up to.
struct Sum {
  double times = 0.0, x = 0.0, y = 0.0;
  void add(double n, double at_x, double at_y) {
    times += n;
    x += n * at_x;
    y += n * at_y;
  }
  /// Of the residuals.
  double above(double intercept, double slope) const { return y - intercept * times - slope * x; }
};

struct Points {
  std::vector<double> x, y, times;
  Sum far_above, far_below;
  double q;
};

double loss_of(const Points& points, double intercept, double slope) {
  double loss = points.q * points.far_above.above(intercept, slope) +
                (points.q - 1.0) * points.far_below.above(intercept, slope);
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const double residual = points.y[i] - intercept - slope * points.x[i];
    loss += points.times[i] * residual * (residual > 0.0 ? points.q : points.q - 1.0);
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
/// grows, the loss falls until the weights of the points passed make up for those ahead. Absent
/// where no other point has another x, or those far away turn the line past all that are near.
std::optional<std::size_t> turn_about(const Points& points, std::size_t pivot,
                                      std::vector<Seen>& seen) {
  seen.clear();
  const double x = points.x[pivot];
  double ahead = points.q * (points.far_above.x - points.far_above.times * x) -
                 (1.0 - points.q) * (points.far_below.x - points.far_below.times * x);
  double all = 0.0;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const double dx = points.x[i] - x;
    if (dx == 0.0) continue;
    const double weight = points.times[i] * std::abs(dx);
    seen.push_back({(points.y[i] - points.y[pivot]) / dx, weight, i});
    ahead += weight * (dx > 0.0 ? points.q : 1.0 - points.q);
    all += weight;
  }
  if (seen.empty() || ahead < 0.0 || ahead > all) return std::nullopt;
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

/// The point nearest to a line that lies near the middle, where all lines pass.
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

std::optional<QuantileLine> best_from(const Points& points, std::size_t pivot) {
  std::vector<Seen> seen;
  seen.reserve(points.x.size());
  QuantileLine best{0.0, 0.0, HUGE_VAL};
  for (;;) {
    const auto other = turn_about(points, pivot, seen);
    if (!other) return std::nullopt;
    const double slope =
        (points.y[*other] - points.y[pivot]) / (points.x[*other] - points.x[pivot]);
    const QuantileLine line = line_through(points, pivot, slope);
    if (!(line.loss < best.loss * (1.0 - kRounding))) return best;
    best = line;
    pivot = *other;
  }
}

bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

/// Those thought to be near, and of the others their sums.
Points gathered(const TimedPoints& all, double q) {
  Points points{{}, {}, {}, {}, {}, q};
  for (std::size_t i = 0; i < all.x.size(); ++i) {
    switch (all.sides[i]) {
      case Side::above:
        points.far_above.add(all.times[i], all.x[i], all.y[i]);
        break;
      case Side::below:
        points.far_below.add(all.times[i], all.x[i], all.y[i]);
        break;
      case Side::near:
        points.x.push_back(all.x[i]);
        points.y.push_back(all.y[i]);
        points.times.push_back(all.times[i]);
        break;
    }
  }
  return points;
}

/// Takes for near what the line leaves on another side than it was thought to be on. Whether there
/// was any.
bool correct_sides(const QuantileLine& line, TimedPoints& all) {
  bool any = false;
  for (std::size_t i = 0; i < all.x.size(); ++i) {
    const double residual = all.y[i] - line.intercept - line.slope * all.x[i];
    const bool is_wrong = (all.sides[i] == Side::above && residual < 0.0) ||
                          (all.sides[i] == Side::below && residual > 0.0);
    if (is_wrong) all.sides[i] = Side::near;
    any = any || is_wrong;
  }
  return any;
}

}  // namespace

std::optional<QuantileLine> fit_quantile_line(std::span<const double> x, std::span<const double> y,
                                              double q) {
  if (!all_finite(x) || !all_finite(y)) return std::nullopt;
  const auto start = fit_line(x, y);
  if (!start) return std::nullopt;
  const Points points{
      {x.begin(), x.end()}, {y.begin(), y.end()}, std::vector(x.size(), 1.0), {}, {}, q};
  return best_from(points, nearest_to(*start, points));
}

std::optional<QuantileLine> fit_quantile_line(TimedPoints& all, double q) {
  if (!all_finite(all.x) || !all_finite(all.y)) return std::nullopt;
  all.sides[all.start] = Side::near;
  for (;;) {  // each time more points are near
    const auto before = std::span(all.sides).first(all.start);
    const auto start = std::ranges::count(before, Side::near);
    const auto line = best_from(gathered(all, q), static_cast<std::size_t>(start));
    if (!line) break;
    if (!correct_sides(*line, all)) return line;
  }
  return best_from({all.x, all.y, all.times, {}, {}, q}, all.start);
}

}  // namespace joulemark::analysis

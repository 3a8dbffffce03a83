#include "analysis/quantile_line.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <Eigen/Core>

#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// A loss that is less by so little, relative, is rounding.
constexpr double kRounding = 1e-13;
/// So large a share of points is looked at one by one near an expected line: in its end hardly any
/// line leaves them.
constexpr double kNearShare = 0.05;

auto as_array(std::span<const double> values) {
  return Eigen::Map<const Eigen::ArrayXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// What points pull at a line with, in all: sums of pull, pull * x and pull * y.
struct Pull {
  double all = 0.0, x = 0.0, y = 0.0;
};

/// Those that are looked at one by one, and what the others add up to.
struct Points {
  std::vector<double> x, y, times;
  Pull far;
  double q;
};

/// The line through the points a and b.
struct Through {
  std::size_t a = 0, b = 0;
  QuantileLine line;
  bool a_holds = false, b_holds = false;
  /// No line is better: the pulls of all others can be balanced by what these two points, which
  /// may count as above or below, pull with at most.
  bool is_best() const { return a_holds && b_holds; }
};

Through line_through(const Points& points, std::size_t a, std::size_t b) {
  const double dx = points.x[b] - points.x[a];
  const double slope = (points.y[b] - points.y[a]) / dx;
  const double intercept = points.y[a] - slope * points.x[a];
  double loss = points.far.y - intercept * points.far.all - slope * points.far.x;
  Pull others = points.far;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    if (i == a || i == b) continue;
    const double residual = points.y[i] - intercept - slope * points.x[i];
    const double pull = points.times[i] * (residual > 0.0 ? points.q : points.q - 1.0);
    loss += pull * residual;
    others.all += pull;
    others.x += pull * points.x[i];
  }
  // What a and b must pull with, so that neither the line as a whole nor its slope moves.
  const double of_b = (others.all * points.x[a] - others.x) / dx;
  const double of_a = -others.all - of_b;
  const auto can = [&](std::size_t i, double pull) {
    return points.times[i] * (points.q - 1.0) <= pull && pull <= points.times[i] * points.q;
  };
  return {a, b, {intercept, slope, loss}, can(a, of_a), can(b, of_b)};
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
/// `present` is the slope to turn from.
std::optional<std::size_t> turn_about(const Points& points, std::size_t pivot, double present,
                                      std::vector<Seen>& seen) {
  seen.clear();
  const double x = points.x[pivot];
  double ahead = points.far.x - points.far.all * x;
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
  // A weighted median: only the part that it is in is looked at further, nothing is sorted.
  auto first = seen.begin();
  auto last = seen.end();
  const auto keep_part = [&](auto middle) {
    double below = 0.0;
    for (auto s = first; s != middle; ++s) below += s->weight;
    if (below >= ahead) {
      last = middle;
    } else {
      ahead -= below;
      first = middle;
    }
  };
  const auto flatter =
      std::ranges::partition(seen, [&](double s) { return s < present; }, &Seen::slope).begin();
  if (first < flatter && flatter < last) keep_part(flatter);
  while (last - first > 1) {
    const auto middle = first + (last - first) / 2;
    std::ranges::nth_element(first, middle, last, {}, &Seen::slope);
    keep_part(middle);
  }
  return first->point;
}

/// From the line through a and b, or where these are one from any through it.
std::optional<Through> best_from(const Points& points, std::size_t a, std::size_t b) {
  std::vector<Seen> seen;
  seen.reserve(points.x.size());
  const auto best_through = [&](std::size_t pivot, double present) -> std::optional<Through> {
    const auto other = turn_about(points, pivot, present, seen);
    return other ? std::optional(line_through(points, pivot, *other)) : std::nullopt;
  };
  const bool has_two = points.x[a] != points.x[b];
  auto best = has_two ? std::optional(line_through(points, a, b)) : best_through(a, 0.0);
  while (best && !best->is_best()) {
    const auto is_better = [&](const Through& t) {
      return t.line.loss < best->line.loss * (1.0 - kRounding);
    };
    // The point that cannot hold the line is left. More than two points may lie on it, so that the
    // other one is tried, too, before the line is the best that there is.
    const std::size_t stays = best->a_holds ? best->a : best->b;
    auto next = best_through(stays, best->line.slope);
    if (next && !is_better(*next)) {
      next = best_through(stays == best->a ? best->b : best->a, best->line.slope);
    }
    if (next && !is_better(*next)) return best;
    best = next;
  }
  return best;
}

bool all_finite(std::span<const double> values) { return as_array(values).isFinite().all(); }

double residual(const QuantileLine& line, double x, double y) {
  return y - line.intercept - line.slope * x;
}

}  // namespace

std::optional<QuantileLine> fit_quantile_line(std::span<const double> x, std::span<const double> y,
                                              double q) {
  if (!all_finite(y)) return std::nullopt;
  return QuantileLines({y.begin(), y.end()}, std::vector(y.size(), 1.0), q).fit(x);
}

QuantileLines::QuantileLines(std::vector<double> y, std::vector<double> times, double q)
    : y_(std::move(y)), times_(std::move(times)), q_(q) {}

void QuantileLines::expect(std::span<const double> x, const QuantileLine& line) {
  std::vector<double> distances(y_.size());
  for (std::size_t i = 0; i < y_.size(); ++i) distances[i] = std::abs(residual(line, x[i], y_[i]));
  nearness_ = quantile(distances, kNearShare);
  const auto nearest = std::ranges::min_element(distances) - distances.begin();
  through_.fill(static_cast<std::size_t>(nearest));
  look_near(x, line);
}

std::optional<QuantileLine> QuantileLines::fit(std::span<const double> x) {
  if (!all_finite(x)) return std::nullopt;
  if (!nearness_) {
    const auto about = fit_line(x, y_);
    if (!about) return std::nullopt;
    expect(x, {about->intercept, about->slope, about->squares});
    look_at_all();
  }
  const std::size_t expected = near_.size();
  auto line = best_of_near(x);
  while (line && look_at_wrong_sides(x, *line)) line = best_of_near(x);
  if (!line && near_.size() < y_.size()) {
    look_at_all();
    line = best_of_near(x);
  }
  if (line && (near_.size() > expected || expected == y_.size())) look_near(x, *line);
  return line;
}

void QuantileLines::look_at_all() {
  pull_.assign(y_.size(), 0.0);
  near_.resize(y_.size());
  std::iota(near_.begin(), near_.end(), std::size_t{0});
}

/// At the points near this line.
void QuantileLines::look_near(std::span<const double> x, const QuantileLine& line) {
  pull_.resize(y_.size());
  near_.clear();
  for (std::size_t i = 0; i < y_.size(); ++i) {
    const double r = residual(line, x[i], y_[i]);
    pull_[i] = times_[i] * (r > 0.0 ? q_ : q_ - 1.0);
    if (std::abs(r) <= *nearness_) look_at(i);
  }
  for (const std::size_t i : through_) {
    if (pull_[i] != 0.0) look_at(i);
  }
}

void QuantileLines::look_at(std::size_t point) {
  pull_[point] = 0.0;
  near_.push_back(point);
}

/// At the points, too, that pull at this line from another side than they are on. Whether there
/// were any.
bool QuantileLines::look_at_wrong_sides(std::span<const double> x, const QuantileLine& line) {
  const auto residuals = as_array(y_) - line.intercept - line.slope * as_array(x);
  if ((residuals * as_array(pull_) >= 0.0).all()) return false;
  for (std::size_t i = 0; i < y_.size(); ++i) {
    if (pull_[i] * residual(line, x[i], y_[i]) < 0.0) look_at(i);
  }
  return true;
}

std::optional<QuantileLine> QuantileLines::best_of_near(std::span<const double> x) {
  const auto pull = as_array(pull_);
  Points points{
      {}, {}, {}, {pull.sum(), (pull * as_array(x)).sum(), (pull * as_array(y_)).sum()}, q_};
  for (std::vector<double>* of : {&points.x, &points.y, &points.times}) of->reserve(near_.size());
  for (const std::size_t i : near_) {
    points.x.push_back(x[i]);
    points.y.push_back(y_[i]);
    points.times.push_back(times_[i]);
  }
  const auto place = [&](std::size_t point) {
    return static_cast<std::size_t>(std::ranges::find(near_, point) - near_.begin());
  };
  const auto best = best_from(points, place(through_[0]), place(through_[1]));
  if (!best) return std::nullopt;
  through_ = {near_[best->a], near_[best->b]};
  return best->line;
}

}  // namespace joulemark::analysis

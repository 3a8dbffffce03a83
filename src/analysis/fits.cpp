#include "analysis/fits.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "analysis/minimum.hpp"
#include "analysis/quantile_line.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// Half the digits of a double: a minimum is not known better.
constexpr Search kFine = {80, 26};
/// For draws of many points, whose interval a thousandth of a parameter does not move.
constexpr Search kCoarse = {16, 10};
/// The floor is looked for as least error * (1 - 2^-u), u from 0 to this.
constexpr double kNearestFloor = 20.0;
/// b times the range of accuracies is looked for between these: below, the form cannot be told from
/// a plain exponential; above, it is flat but for its last point.
constexpr double kLeastBend = 0.01;
constexpr double kMostBend = 30.0;
/// Of squares, for each point: no more than rounding.
constexpr double kRounding = 1e-24;

bool sound(std::span<const Point> points) {
  std::set<double> errors;
  for (const Point& p : points) {
    const bool is_sound = p.error > 0.0 && p.error <= 1.0 && p.joules > 0.0 &&
                          std::isfinite(p.joules) && std::isfinite(std::log2(p.joules));
    if (!is_sound) return false;
    errors.insert(p.error);
  }
  return points.size() >= 4 && errors.size() >= 3;
}

std::vector<double> log2_joules_of(std::span<const Point> points) {
  std::vector<double> y;
  for (const Point& p : points) y.push_back(std::log2(p.joules));
  return y;
}

double least_error(std::span<const Point> points) {
  return std::ranges::min_element(points, {}, &Point::error)->error;
}

/// A line, and what it leaves of y: squares, or the loss at a quantile.
struct Fitted {
  double intercept = 0.0;
  double slope = 0.0;
  double loss = 0.0;
};
using FitLine =
    std::function<std::optional<Fitted>(std::span<const double> x, std::span<const double> y)>;

std::optional<Fitted> by_squares(std::span<const double> x, std::span<const double> y) {
  const auto line = fit_line(x, y);
  if (!line) return std::nullopt;
  return Fitted{line->intercept, line->slope, line->squares};
}

/// For points whose y stay the same, those of the first call.
FitLine at_quantile(double q) {
  return
      [q, lines = std::optional<QuantileLines>()](
          std::span<const double> x, std::span<const double> y) mutable -> std::optional<Fitted> {
        if (!lines) lines.emplace(std::vector(y.begin(), y.end()), std::vector(y.size(), 1.0), q);
        const auto line = lines->fit(x);
        if (!line) return std::nullopt;
        return Fitted{line->intercept, line->slope, line->loss};
      };
}

std::vector<double> basis_of(std::span<const Point> points,
                             const std::function<double(const Point&)>& basis) {
  std::vector<double> x;
  x.reserve(points.size());
  for (const Point& p : points) x.push_back(basis(p));
  return x;
}

/// The loss counts as endless where there is no line.
double loss_of(const auto& line) { return line ? line->loss : HUGE_VAL; }

double floor_of(double least_error, double u) { return least_error * (1.0 - std::exp2(-u)); }
/// Its inverse; as near as is looked for where the floor is the least error, or above.
double u_of(double least_error, double floor) {
  const double left = 1.0 - floor / least_error;
  return left > 0.0 ? std::min(-std::log2(left), kNearestFloor) : kNearestFloor;
}

/// How a minimum is looked for between two limits.
using Find = std::function<Minimum(const Loss& loss, double low, double high)>;

Find everywhere(const Search& search) {
  return
      [=](const Loss& loss, double low, double high) { return minimise(loss, low, high, search); };
}

Find from(double expected, const Search& search) {
  return [=](const Loss& loss, double low, double high) {
    return minimise_from(expected, loss, low, high, search);
  };
}

template <class Line>
struct Best {
  Minimum minimum;
  Line line;
};
/// The line of least loss among `line_of(t)` for t in [low, high], and where that is. Absent where
/// there is no line.
template <class LineOf>
auto best_line(const LineOf& line_of, const Find& find, double low, double high) {
  using Line = typename std::invoke_result_t<LineOf, double>::value_type;
  // What the search ends with it has seen, so that it is not fitted again.
  std::optional<std::pair<double, Line>> least;
  const auto loss = [&](double t) {
    const std::optional<Line> line = line_of(t);
    if (line && (!least || line->loss < least->second.loss)) least = {t, *line};
    return loss_of(line);
  };
  const Minimum minimum = find(loss, low, high);
  const bool is_seen = least && least->first == minimum.at;
  const std::optional<Line> line = is_seen ? least->second : line_of(minimum.at);
  return line ? std::optional(Best<Line>{minimum, *line}) : std::nullopt;
}

/// The law whose floor leaves the line of log2 (error - floor), `line_of(u)`, the least loss.
std::optional<FlooredPower> with_best_floor(double least_error, const auto& line_of,
                                            const Find& find) {
  const auto best = best_line(line_of, find, 0.0, kNearestFloor);
  if (!best) return std::nullopt;
  return FlooredPower{best->line.intercept, -best->line.slope,
                      floor_of(least_error, best->minimum.at), best->line.loss,
                      best->minimum.at_limit};
}

/// `about`: the law of points of which these are a draw.
std::optional<FlooredPower> floored_power(std::span<const Point> points, const FitLine& fit,
                                          const FlooredPower* about = nullptr) {
  if (!sound(points)) return std::nullopt;
  const double least = least_error(points);
  const std::vector<double> y = log2_joules_of(points);
  const auto line_of = [&](double u) {
    return fit(basis_of(points, [f = floor_of(least, u)](
                                    const Point& p) { return std::log2(p.error - f); }),
               y);
  };
  const Find find = about ? from(u_of(least, about->floor), kFine) : everywhere(kFine);
  return with_best_floor(least, line_of, find);
}

std::optional<DoubleExponential> double_exponential(std::span<const Point> points,
                                                    const FitLine& fit,
                                                    const DoubleExponential* about = nullptr) {
  if (!sound(points)) return std::nullopt;
  const double least = least_error(points);
  const double range = std::ranges::max_element(points, {}, &Point::error)->error - least;
  const std::vector<double> y = log2_joules_of(points);
  const auto b_of = [&](double log_bend) { return std::exp(log_bend) / range; };
  const auto line_of = [&](double log_bend) {
    return fit(basis_of(points, [=, b = b_of(log_bend)](
                                    const Point& p) { return std::exp(b * (least - p.error)); }),
               y);
  };
  const Find find = about ? from(std::log(about->b * range), kFine) : everywhere(kFine);
  const auto best = best_line(line_of, find, std::log(kLeastBend), std::log(kMostBend));
  if (!best) return std::nullopt;
  return DoubleExponential{best->line.intercept, best->line.slope, b_of(best->minimum.at),
                           1.0 - least,          best->line.loss,  best->minimum.at_limit};
}

/// Energy at one error over that at another; absent at the floor and below it.
std::optional<double> times_between(const FlooredPower& power, double from, double to) {
  if (from <= power.floor || to <= power.floor) return std::nullopt;
  return std::exp2(power.log2_joules(to) - power.log2_joules(from));
}

/// Floored power laws at a quantile of draws of the same points.
class DrawsAtQuantile {
 public:
  DrawsAtQuantile(std::span<const Point> points, double q, const FlooredPower& of_all)
      : points_(points), y_(log2_joules_of(points)), q_(q), of_all_(of_all) {}

  std::optional<FlooredPower> fit(std::span<const std::size_t> indices) const {
    const Draw draw = drawn(indices);
    const auto errors = Eigen::Map<const Eigen::ArrayXd>(
        draw.errors.data(), static_cast<Eigen::Index>(draw.errors.size()));
    const double least = errors.minCoeff();
    QuantileLines lines(draw.y, draw.times, q_);
    std::vector<double> x(draw.errors.size());
    // Half of the time is logarithms: Eigen takes several at once.
    const auto set_floor = [&](double u) {
      Eigen::Map<Eigen::ArrayXd>(x.data(), errors.size()) =
          (errors - floor_of(least, u)).log() * std::numbers::log2e;
    };
    const auto line_of = [&](double u) {
      set_floor(u);
      return lines.fit(x);
    };
    const double expected = u_of(least, of_all_.floor);
    set_floor(expected);
    lines.expect(x, {of_all_.c, -of_all_.gamma, of_all_.loss});
    return with_best_floor(least, line_of, from(expected, kCoarse));
  }

 private:
  /// Every point that was drawn once, with how often it was.
  struct Draw {
    std::vector<double> errors, y, times;
  };

  Draw drawn(std::span<const std::size_t> indices) const {
    std::vector<double> times(points_.size(), 0.0);
    for (const std::size_t i : indices) times[i] += 1.0;
    Draw draw;
    for (std::vector<double>* of : {&draw.errors, &draw.y, &draw.times}) of->reserve(times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i] == 0.0) continue;
      draw.errors.push_back(points_[i].error);
      draw.y.push_back(y_[i]);
      draw.times.push_back(times[i]);
    }
    return draw;
  }

  std::span<const Point> points_;
  std::vector<double> y_;
  double q_;
  FlooredPower of_all_;
};

std::vector<Point> taken(std::span<const Point> points, std::span<const std::size_t> indices) {
  std::vector<Point> out;
  for (const std::size_t i : indices) out.push_back(points[i]);
  return out;
}

}  // namespace

double FlooredPower::log2_joules(double error) const {
  return c - gamma * std::log2(error - floor);
}

double DoubleExponential::log2_joules(double error) const {
  return c + a * std::exp(b * (1.0 - error - best));
}

std::optional<FlooredPower> fit_floored_power(std::span<const Point> points) {
  return floored_power(points, by_squares);
}

std::optional<DoubleExponential> fit_double_exponential(std::span<const Point> points) {
  return double_exponential(points, by_squares);
}

std::optional<FlooredPower> floored_power_at(std::span<const Point> points, double q) {
  return floored_power(points, at_quantile(q));
}

std::optional<DoubleExponential> double_exponential_at(std::span<const Point> points, double q) {
  return double_exponential(points, at_quantile(q));
}

std::optional<double> aicc(std::size_t n, double squares, std::size_t parameters) {
  if (n <= parameters + 1) return std::nullopt;
  const auto points = static_cast<double>(n);
  const auto k = static_cast<double>(parameters);
  if (!(squares > kRounding * points) || !std::isfinite(squares)) return std::nullopt;
  return points * std::log(squares / points) + 2.0 * k + 2.0 * k * (k + 1.0) / (points - k - 1.0);
}

std::optional<Fits> fit_both(std::span<const Point> points) {
  const auto power = fit_floored_power(points);
  const auto exponential = fit_double_exponential(points);
  if (points.size() < kFewestToFit || !power || !exponential) return std::nullopt;
  const auto power_aicc = aicc(points.size(), power->loss, kFitParameters);
  const auto exponential_aicc = aicc(points.size(), exponential->loss, kFitParameters);
  if (!power_aicc || !exponential_aicc) return std::nullopt;
  Fits fits{*power, *exponential, *power_aicc, *exponential_aicc, {}, {}, {}};
  const auto intervals =
      bootstrap(points.size(),
                [&](std::span<const std::size_t> indices) -> std::optional<std::vector<double>> {
                  const std::vector<Point> drawn = taken(points, indices);
                  const auto p = floored_power(drawn, by_squares, &*power);
                  const auto e = double_exponential(drawn, by_squares, &*exponential);
                  if (!p || !e) return std::nullopt;
                  return std::vector<double>{p->gamma, p->floor, e->b};
                });
  if (intervals.size() == 3) {
    fits.gamma_ci95 = intervals[0];
    fits.floor_ci95 = intervals[1];
    fits.b_ci95 = intervals[2];
  }
  return fits;
}

std::optional<QuantileFits> fit_both_at(std::span<const Point> points, double q, double from,
                                        double to) {
  const auto power = floored_power_at(points, q);
  const auto exponential = double_exponential_at(points, q);
  if (points.size() < kFewestForQuantiles || !power || !exponential) return std::nullopt;
  const auto n = static_cast<double>(points.size());
  const auto times = times_between(*power, from, to);
  const bool is_exact = std::min(power->loss, exponential->loss) <= std::sqrt(kRounding) * n;
  if (is_exact || !times) return std::nullopt;
  QuantileFits fits{
      q,      *power, *exponential, 2.0 * n * std::log(power->loss / exponential->loss),
      *times, {},     {},           {}};
  DrawsAtQuantile draws(points, q, *power);
  const auto intervals = bootstrap(
      points.size(),
      [&](std::span<const std::size_t> indices) -> std::optional<std::vector<double>> {
        const auto p = draws.fit(indices);
        const auto t = p ? times_between(*p, from, to) : std::nullopt;
        return t ? std::optional(std::vector<double>{p->gamma, p->floor, *t}) : std::nullopt;
      },
      kQuantileResamples);
  if (intervals.size() == 3) {
    fits.gamma_ci95 = intervals[0];
    fits.floor_ci95 = intervals[1];
    fits.times_ci95 = intervals[2];
  }
  return fits;
}

}  // namespace joulemark::analysis

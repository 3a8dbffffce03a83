#include "calibrate/analyse.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "measure/statistics.hpp"

namespace joulemark::calibrate {
namespace {

using meter::Calibration;

/// Fewer updates than this tell no period.
constexpr std::size_t kFewestUpdates = 5;
/// Of the readings of an always fresh counter nearly every one is a change.
constexpr double kFresh = 0.8;
/// A step of the power that is smaller than this share of it is none that an answer can be read
/// from.
constexpr double kSmallestStep = 0.05;

/// A change of the counter: between which times, and by how much.
struct Change {
  double from, to, joules;
  double middle() const { return 0.5 * (from + to); }
};

std::vector<Change> changes(const std::vector<Reading>& polled) {
  std::vector<Change> found;
  for (std::size_t i = 1; i < polled.size(); ++i) {
    const double joules = (polled[i].energy - polled[i - 1].energy).value;
    if (joules == 0.0) continue;
    const Instant zero = polled.front().asked;
    found.push_back(
        {seconds(polled[i - 1].asked - zero), seconds(polled[i].answered - zero), joules});
  }
  return found;
}

/// The greatest unit that all changes are multiples of, in whole microjoules: finer ones are the
/// rounding of a number that is no count. Absent when it is not much smaller than every change:
/// then it may be the load's.
std::optional<double> resolution(const std::vector<Change>& all) {
  std::int64_t unit = 0;
  std::int64_t smallest = 0;
  for (const Change& c : all) {
    const std::int64_t change = std::abs(std::llround(c.joules * 1e6));
    unit = std::gcd(unit, change);
    if (smallest == 0 || change < smallest) smallest = change;
  }
  if (unit <= 1 || 10 * unit > smallest) return std::nullopt;
  return static_cast<double>(unit) * 1e-6;
}

/// Power from update to update of a stepping counter, over every half second of a continuous one,
/// whose readings are so near each other that their own times would be noise.
std::vector<double> powers(const Watch& w) {
  std::vector<double> watts;
  const double shortest = w.stepping ? 0.0 : 0.5;
  const measure::EnergyPoint* last = nullptr;
  for (const measure::EnergyPoint& p : w.points) {
    if (last == nullptr) {
      last = &p;
    } else if (seconds(p.at - last->at) > shortest) {
      watts.push_back(((p.energy - last->energy) / (p.at - last->at)).value);
      last = &p;
    }
  }
  return watts;
}

std::vector<double> values(const std::vector<meter::PowerSample>& samples) {
  std::vector<double> watts;
  for (const auto& s : samples) watts.push_back(s.power.value);
  return watts;
}

std::optional<double> mean_power(const Watch& w) {
  if (w.points.size() > 1) {
    const auto& first = w.points.front();
    const auto& last = w.points.back();
    return ((last.energy - first.energy) / (last.at - first.at)).value;
  }
  if (w.samples.empty()) return std::nullopt;
  return joulemark::mean(values(w.samples));
}

std::optional<double> spread_of(const std::vector<double>& values) {
  const double mean = joulemark::mean(values);
  if (values.size() < 3 || !(mean > 0.0)) return std::nullopt;
  return joulemark::standard_deviation(values) / mean;
}

/// Samples of one period, folded over all of them, as shares of the step: 0 low, 1 high.
struct Folded {
  double phase;  ///< s since the rising edge, in [0, period)
  double share;
};

/// Where the answer to an edge has settled, whatever it did before: the last third before the next.
constexpr double kSettled = 0.66;

std::optional<std::vector<Folded>> fold(const std::vector<meter::PowerSample>& samples,
                                        const load::Square& square, Instant began) {
  const double period = seconds(square.period);
  const double high = seconds(square.high);
  std::vector<Folded> all;
  std::vector<double> lows;
  std::vector<double> highs;
  for (const auto& s : samples) {
    const double t = seconds(s.at - began);
    if (t < 0.0) continue;
    const double phase = std::fmod(t, period);
    all.push_back({phase, s.power.value});
    if (phase > high + kSettled * (period - high)) lows.push_back(s.power.value);
    if (phase > kSettled * high && phase < high) highs.push_back(s.power.value);
  }
  if (lows.empty() || highs.empty()) return std::nullopt;
  const double low = joulemark::mean(lows);
  const double step = joulemark::mean(highs) - low;
  if (!(step > kSmallestStep * joulemark::mean(highs))) return std::nullopt;
  for (Folded& f : all) f.share = (f.share - low) / step;
  std::sort(all.begin(), all.end(),
            [](const Folded& a, const Folded& b) { return a.phase < b.phase; });
  return all;
}

/// One edge: shares that climb from 0 to 1 as the time since the edge goes on.
struct Edge {
  double lag;
  std::optional<double> rise;
};

/// When the shares pass `level` for good, between the samples around it.
std::optional<double> crossing(const std::vector<Folded>& edge, double level) {
  for (std::size_t i = edge.size(); i-- > 1;) {
    const Folded& before = edge[i - 1];
    const Folded& after = edge[i];
    if (before.share < level && after.share >= level) {
      const double part = (level - before.share) / (after.share - before.share);
      return before.phase + part * (after.phase - before.phase);
    }
  }
  return std::nullopt;
}

/// The edge at `at`, followed for `length`. `rising`: of the load.
std::optional<Edge> edge(const std::vector<Folded>& all, double at, double length, bool rising) {
  std::vector<Folded> part = {{0.0, 0.0}};
  for (const Folded& f : all) {
    if (f.phase >= at && f.phase < at + length) {
      part.push_back({f.phase - at, rising ? f.share : 1.0 - f.share});
    }
  }
  if (part.size() < 5) return std::nullopt;
  const auto half = crossing(part, 0.5);
  if (!half) return std::nullopt;
  Edge e{*half, std::nullopt};
  const auto tenth = crossing(part, 0.1);
  const auto most = crossing(part, 0.9);
  if (tenth && most && *most > *tenth) e.rise = (*most - *tenth) / 0.8;
  return e;
}

/// High time of a square in [0, t].
double high_time(const load::Square& square, double t) {
  const double period = seconds(square.period);
  const double high = seconds(square.high);
  const double whole = std::floor(t / period);
  return whole * high + std::min(t - whole * period, high);
}

bool near(const load::Square& a, const load::Square& b) {
  const double ratio = seconds(a.period) / seconds(b.period);
  return std::abs(ratio - 1.0) < 0.25 && std::abs(a.duty() - b.duty()) < 0.01;
}

}  // namespace

Calibration::Updates updates(const std::vector<Reading>& polled) {
  Calibration::Updates u;
  const auto all = changes(polled);
  u.seen = all.size();
  u.resolution_j = resolution(all);
  const auto readings = static_cast<double>(polled.size());
  if (all.size() < kFewestUpdates || static_cast<double>(all.size()) > kFresh * readings) return u;
  // Numbers of the updates: a first guess of the period from neighbours tells which were missed.
  std::vector<double> apart;
  for (std::size_t i = 1; i < all.size(); ++i)
    apart.push_back(all[i].middle() - all[i - 1].middle());
  const double guess = *joulemark::quantile(apart, 0.5);
  std::vector<double> number = {0.0};
  std::vector<double> time = {all.front().middle()};
  for (std::size_t i = 1; i < all.size(); ++i) {
    number.push_back(number.back() + std::max(1.0, std::round(apart[i - 1] / guess)));
    time.push_back(all[i].middle());
  }
  const auto line = joulemark::fit_line(number, time);
  if (!line) return u;
  u.period_s = line->slope;
  double squares = 0.0;
  double gaps = 0.0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double off = time[i] - line->intercept - line->slope * number[i];
    squares += off * off;
    gaps += (all[i].to - all[i].from) * (all[i].to - all[i].from) / 12.0;
  }
  const auto n = static_cast<double>(all.size());
  u.jitter_s = std::sqrt(std::max(0.0, (squares - gaps) / n));
  u.resolved_s = std::sqrt(gaps / n);
  // Readings that keep step with the updates leave no residual, and yet each is off by its gap: the
  // interval is never narrower than such gaps would make it if they were independent.
  double spread = 0.0;
  for (const double x : number) {
    spread += (x - joulemark::mean(number)) * (x - joulemark::mean(number));
  }
  const double error = std::max(line->slope_standard_error, *u.resolved_s / std::sqrt(spread));
  u.period_ci95_s = joulemark::student_t_95(n - 2.0) * error;
  return u;
}

Calibration::Query query_cost(const Queries& queries) {
  Calibration::Query q{queries.channel, queries.rested, queries.times.size(), 0.0, 0.0, 0.0};
  if (queries.times.empty()) return q;
  std::vector<double> wall;
  double cpu = 0.0;
  for (const QueryTime& t : queries.times) {
    wall.push_back(seconds(t.wall));
    cpu += seconds(t.cpu);
  }
  q.wall_s = *joulemark::quantile(wall, 0.5);
  q.worst_wall_s = *std::max_element(wall.begin(), wall.end());
  q.cpu_s = cpu / static_cast<double>(wall.size());
  return q;
}

Calibration::State state(const Watch& w, Nanoseconds longest_sample_gap) {
  Calibration::State s;
  s.name = w.name;
  s.watts = mean_power(w).value_or(0.0);
  const auto by_counter = powers(w);
  const auto interval = measure::mean_interval(by_counter.empty() ? values(w.samples) : by_counter);
  if (interval) s.ci95_rel = interval->relative();
  s.counter_noise_rel = spread_of(by_counter);
  s.sample_noise_rel = spread_of(values(w.samples));
  if (w.points.size() > 1 && s.watts > 0.0) {
    // The newest sample can be older than the last update.
    const Instant from = w.points.front().at;
    Instant to = from;
    for (const auto& p : w.points) {
      if (!w.samples.empty() && p.at <= w.samples.back().at) to = p.at;
    }
    const auto integral = measure::integrate(w.samples, from, to, longest_sample_gap);
    const auto counted = measure::energy_at(w.points, to);
    if (integral && counted && to > from) {
      s.gap_rel = *integral / (*counted - w.points.front().energy) - 1.0;
    }
  }
  return s;
}

std::optional<Calibration::Response> sample_response(const std::string& channel,
                                                     const std::vector<meter::PowerSample>& samples,
                                                     const load::Square& square, Instant began) {
  const auto folded = fold(samples, square, began);
  if (!folded) return std::nullopt;
  const double high = seconds(square.high);
  const auto rising = edge(*folded, 0.0, high, true);
  const auto falling = edge(*folded, high, seconds(square.period) - high, false);
  if (!rising || !falling) return std::nullopt;
  Calibration::Response r{channel, 0.5 * (rising->lag + falling->lag),
                          0.5 * std::abs(rising->lag - falling->lag), std::nullopt};
  if (rising->rise && falling->rise) r.rise_s = 0.5 * (*rising->rise + *falling->rise);
  return r;
}

std::optional<Calibration::Response> counter_response(const Watch& slow) {
  if (!slow.square || slow.points.size() < 8) return std::nullopt;
  const load::Square& square = *slow.square;
  const double period = seconds(square.period);
  const double high = seconds(square.high);
  // Points of the settled parts alone: low ones lack nothing, high ones lack one lag of the step.
  std::vector<double> low_watts;
  std::vector<double> high_watts;
  struct Settled {
    double t, joules;
    bool is_high;
  };
  std::vector<Settled> settled;
  const auto part_of = [&](double t) {
    const double phase = std::fmod(t, period);
    if (phase > kSettled * high && phase < high) return 1;
    return phase > high + kSettled * (period - high) ? -1 : 0;
  };
  for (std::size_t i = 0; i < slow.points.size(); ++i) {
    const double t = seconds(slow.points[i].at - slow.began);
    if (t < 0.0 || part_of(t) == 0) continue;
    settled.push_back({t, slow.points[i].energy.value, part_of(t) > 0});
    if (i == 0) continue;
    const double before = seconds(slow.points[i - 1].at - slow.began);
    if (part_of(before) != part_of(t) || t - before > 0.5 * high) continue;
    const double watts =
        (slow.points[i].energy.value - slow.points[i - 1].energy.value) / (t - before);
    (part_of(t) > 0 ? high_watts : low_watts).push_back(watts);
  }
  if (low_watts.empty() || high_watts.empty()) return std::nullopt;
  const double low = joulemark::mean(low_watts);
  const double step = joulemark::mean(high_watts) - low;
  if (!(step > kSmallestStep * joulemark::mean(high_watts))) return std::nullopt;
  // What the counter has beside that of a meter without lag. Neighbouring plateaus are compared, so
  // that a slow drift of the power cancels.
  std::vector<double> lags;
  std::vector<double> rest;
  bool is_high = settled.front().is_high;
  std::optional<double> previous;
  const auto close = [&] {
    if (rest.empty()) return;
    const double level = joulemark::mean(rest);
    if (previous) lags.push_back((is_high ? *previous - level : level - *previous) / step);
    previous = level;
    rest.clear();
  };
  for (const Settled& s : settled) {
    if (s.is_high != is_high) {
      close();
      is_high = s.is_high;
    }
    rest.push_back(s.joules - low * s.t - step * high_time(square, s.t));
  }
  close();
  if (lags.empty()) return std::nullopt;
  const auto interval = measure::mean_interval(lags);
  return Calibration::Response{"counter", joulemark::mean(lags),
                               interval ? std::optional(interval->half_width) : std::nullopt,
                               std::nullopt};
}

std::vector<Calibration::Aliasing> aliasing(const std::vector<Watch>& locked,
                                            const std::vector<Watch>& unlocked) {
  std::vector<Calibration::Aliasing> all;
  for (const Watch& w : locked) {
    const auto watts = mean_power(w);
    if (!w.square || !watts) continue;
    const double period = seconds(w.square->period);
    const double duty = w.square->duty();
    if (all.empty() || all.back().period_s != period || all.back().duty != duty) {
      std::vector<double> references;
      for (const Watch& u : unlocked) {
        const auto reference = mean_power(u);
        if (u.square && reference && near(*u.square, *w.square)) references.push_back(*reference);
      }
      if (references.empty()) continue;
      all.push_back({period, duty, joulemark::mean(references), {}, 0.0});
    }
    Calibration::Aliasing& a = all.back();
    a.watts.push_back(*watts);
    a.worst_rel = std::max(a.worst_rel, std::abs(*watts / a.reference_w - 1.0));
  }
  return all;
}

std::optional<Calibration::Host> host(const std::vector<double>& launches_per_s) {
  constexpr std::size_t kFewestProbes = 5;
  if (launches_per_s.size() < kFewestProbes) return std::nullopt;
  std::vector<double> times;
  for (const double rate : launches_per_s) times.push_back(1.0 / rate);
  return Calibration::Host{times.size(), *joulemark::quantile(launches_per_s, 0.5),
                           joulemark::standard_deviation(times) / joulemark::mean(times)};
}

Calibration analyse(const Observations& seen, const meter::MeterInfo& info,
                    const std::string& load) {
  Calibration c;
  c.meter = info.name;
  c.device = info.device;
  c.device_id = info.device_id;
  c.driver = seen.driver;
  c.load = load;
  c.seconds = seconds(seen.took);
  c.updates = updates(seen.polled);
  for (const Queries& q : seen.queries) c.queries.push_back(query_cost(q));
  const auto longest = info.has_ring ? 5 * info.ring_period : std::chrono::milliseconds(500);
  for (const Watch& w : seen.states) c.states.push_back(state(w, longest));
  const auto keep = [&](const std::optional<Calibration::Response>& r) {
    if (r) c.responses.push_back(*r);
  };
  for (const Watch& w : seen.slow) {
    keep(counter_response(w));
    keep(sample_response(info.has_ring ? "ring" : "power", w.samples, *w.square, w.began));
    if (!w.instant.empty()) keep(sample_response("power", w.instant, *w.square, w.began));
  }
  c.aliasing = aliasing(seen.locked, seen.unlocked);
  c.host = host(seen.launches_per_s);
  return c;
}

}  // namespace joulemark::calibrate

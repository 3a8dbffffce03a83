#include "calibrate/observe.hpp"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "calibrate/analyse.hpp"
#include "meter/calibration.hpp"

namespace joulemark::calibrate {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kRest = 400ms;
constexpr Nanoseconds kInstantSpacing = 10ms;
constexpr Nanoseconds kLongestSleep = 50ms;
constexpr Nanoseconds kLockPatience = 10s;
constexpr Nanoseconds kConfirmPatience = 2s;
/// Of a square with the sensor's own period: what comes before is another load's.
constexpr Nanoseconds kSkipped = 200ms;
/// A load goes on for a little longer than it is watched.
constexpr Nanoseconds kMargin = 50ms;

void say(const Bench& bench, const std::string& what) {
  if (bench.progress) bench.progress(what);
}

auto interrupted_error() {
  return fail(ErrorKind::interrupted, "interrupted", "Nothing was stored");
}

Nanoseconds thread_cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
}

Result<void> sleep(const Bench& bench, Nanoseconds length) {
  const Instant until = bench.clock.now() + length;
  while (bench.clock.now() < until) {
    if (bench.interrupted) return interrupted_error();
    bench.clock.sleep_until(std::min(until, bench.clock.now() + kLongestSleep));
  }
  return {};
}

/// Reads the counter again and again: each change lies between two readings.
Result<std::vector<Reading>> poll_counter(const Bench& bench, Nanoseconds length) {
  std::vector<Reading> readings;
  const Instant until = bench.clock.now() + length;
  while (bench.clock.now() < until) {
    if (bench.interrupted) return interrupted_error();
    const Instant asked = bench.clock.now();
    const auto energy = bench.meter.energy();
    if (!energy) return tl::unexpected(energy.error());
    const Instant answered = bench.clock.now();
    readings.push_back({asked, answered, *energy});
    // A counter that answers at once would fill the memory, and time would stand still in a test.
    if (answered - asked < 200us) bench.clock.sleep_until(asked + 500us);
  }
  return readings;
}

template <class Query>
Result<void> time_queries(const Bench& bench, const char* channel, const Query& query,
                          const Settings& settings, std::vector<Queries>& out) {
  for (const bool rested : {false, true}) {
    Queries q{channel, rested, {}};
    const int count = rested ? settings.rested_queries : settings.quick_queries;
    for (int i = 0; i < count; ++i) {
      if (rested) {
        if (auto ok = sleep(bench, kRest); !ok) return ok;
      }
      const Instant asked = bench.clock.now();
      const Nanoseconds cpu = thread_cpu_time();
      const auto answer = query();
      if (!answer) return tl::unexpected(answer.error());
      q.times.push_back({bench.clock.now() - asked, thread_cpu_time() - cpu});
    }
    out.push_back(std::move(q));
  }
  return {};
}

Result<std::vector<Queries>> time_all_queries(const Bench& bench, const Settings& settings) {
  std::vector<Queries> all;
  meter::Meter& m = bench.meter;
  Result<void> done;
  const auto also = [&](bool there, const char* channel, const auto& query) {
    if (done && there) done = time_queries(bench, channel, query, settings, all);
  };
  also(m.info().has_energy, "energy", [&] { return m.energy(); });
  also(m.info().has_power, "power", [&] { return m.power(); });
  also(m.info().has_ring, "ring", [&] { return m.ring_since(bench.clock.now() - 1s); });
  if (!done) return tl::unexpected(done.error());
  return all;
}

/// Watches a meter through the observer that `measure` uses, and instant power beside it.
class Watcher {
 public:
  /// `meter`: that of the bench, with what is known of it by now.
  Watcher(const Bench& bench, meter::Meter& meter)
      : bench_(bench), meter_(meter), observer_(meter, bench.clock) {
    if (meter.info().update_period) observer_.set_spacing(*meter.info().update_period);
  }

  /// Waits for the lock on the counter's updates.
  Result<void> prepare() {
    const Instant give_up = bench_.clock.now() + kLockPatience;
    while (!observer_.ready()) {
      if (auto ok = pump(bench_.clock.now() + kLongestSleep, nullptr); !ok) return ok;
      if (bench_.clock.now() > give_up) {
        return fail(ErrorKind::unstable,
                    fmt::format("the updates of {} cannot be followed", meter_.info().device),
                    "Close other programs on this machine and calibrate again");
      }
    }
    return {};
  }

  /// What the meter says from now on for `length`. `instant`: ask for instant power too.
  Result<Watch> watch(std::string name, Nanoseconds length, bool instant = false) {
    observer_.forget();
    Watch w;
    w.name = std::move(name);
    w.stepping = observer_.edge_rule() == measure::EdgeRule::energy_points;
    const meter::MeterInfo& info = meter_.info();
    auto* asked = instant && info.has_power && info.has_ring ? &w.instant : nullptr;
    const Instant from = bench_.clock.now();
    const Instant until = from + length;
    while (bench_.clock.now() < until) {
      if (auto ok = pump(until, asked); !ok) return tl::unexpected(ok.error());
    }
    const Instant give_up = bench_.clock.now() + kConfirmPatience;
    observer_.confirm();
    while (!observer_.confirmed() && bench_.clock.now() < give_up) {
      if (auto ok = pump(give_up, nullptr); !ok) return tl::unexpected(ok.error());
    }
    observer_.drop_unconfirmed();
    if (auto ok = observer_.flush(); !ok) return tl::unexpected(ok.error());
    // Confirming goes on after the end, and the ring may hold what was before the beginning.
    const auto within = [&](const auto& x) { return x.at >= from && x.at <= until; };
    std::ranges::copy_if(observer_.points(), std::back_inserter(w.points), within);
    std::ranges::copy_if(observer_.power(), std::back_inserter(w.samples), within);
    return w;
  }

  const meter::Meter& meter() const { return meter_; }

  /// The newest known moment of an update; now where there is none.
  Instant last_update() const {
    return observer_.points().empty() ? bench_.clock.now() : observer_.points().back().at;
  }

 private:
  Result<void> pump(Instant until, std::vector<meter::PowerSample>* instant) {
    if (bench_.interrupted) return interrupted_error();
    const Instant now = bench_.clock.now();
    Instant wake = std::min({observer_.next_due(), until, now + kLongestSleep});
    if (instant != nullptr) wake = std::min(wake, instant_due_);
    bench_.clock.sleep_until(wake);
    if (auto ok = observer_.poll(); !ok) return ok;
    if (instant == nullptr || bench_.clock.now() < instant_due_) return {};
    const Instant asked = bench_.clock.now();
    const auto power = meter_.power();
    if (!power) return tl::unexpected(power.error());
    instant->push_back({asked, *power});
    instant_due_ = std::max(instant_due_ + kInstantSpacing, asked);
    return {};
  }

  const Bench& bench_;
  meter::Meter& meter_;
  measure::MeterObserver observer_;
  Instant instant_due_;
};

/// One square from `at` on, watched from `skip` after its beginning.
Result<Watch> watch_square(const Bench& bench, Watcher& watcher, const load::Square& square,
                           Nanoseconds length, Nanoseconds skip, std::optional<Instant> at,
                           bool instant = false) {
  if (at) bench.clock.sleep_until(*at);
  const auto began = bench.load.start(square, skip + length + kMargin);
  if (!began) return tl::unexpected(began.error());
  if (skip.count() > 0) {
    if (auto ok = sleep(bench, skip); !ok) return tl::unexpected(ok.error());
  }
  auto watched = watcher.watch(
      fmt::format("square {:.4g} ms, duty {:.2g}", 1e3 * seconds(square.period), square.duty()),
      *began + skip + length - bench.clock.now(), instant);
  const auto ended = bench.load.wait();
  if (watched && !ended) return tl::unexpected(ended.error());
  if (watched) {
    watched->square = square;
    watched->began = *began;
  }
  return watched;
}

/// How fast the host is just now. Between the squares, so that all of the calibration is seen.
Result<void> probe_host(const Bench& bench, const Settings& settings, Observations& seen) {
  const auto rate = bench.load.launches_per_second(settings.launching);
  if (!rate) return tl::unexpected(rate.error());
  if (*rate) seen.launches_per_s.push_back(**rate);
  return {};
}

/// Adds what was watched, or hands its error on.
Result<void> keep(Result<Watch> watched, std::vector<Watch>& list) {
  if (!watched) return tl::unexpected(watched.error());
  list.push_back(std::move(*watched));
  return {};
}

Result<void> watch_states(const Bench& bench, Watcher& watcher, const Settings& settings,
                          Observations& seen) {
  say(bench, "idle, " + bench.load.closed_state());
  auto done = keep(watcher.watch("idle, " + bench.load.closed_state(), settings.idle), seen.states);
  if (done) done = bench.load.open();
  if (!done) return done;
  if (bench.load.open_state() != bench.load.closed_state()) {
    say(bench, "idle, " + bench.load.open_state());
    done = sleep(bench, settings.settle);
    if (done) {
      done = keep(watcher.watch("idle, " + bench.load.open_state(), settings.idle), seen.states);
    }
    if (!done) return done;
  }
  say(bench, "steady load");
  const load::Square steady{1s, 1s};
  auto watched =
      watch_square(bench, watcher, steady, settings.steady, settings.settle, std::nullopt);
  if (watched) watched->name = meter::kStateSteady;
  done = keep(std::move(watched), seen.states);
  return done ? probe_host(bench, settings, seen) : done;
}

Result<void> watch_squares(const Bench& bench, Watcher& watcher, const Settings& settings,
                           Observations& seen) {
  const Plan squares = plan(watcher.meter().info());
  say(bench, "slow square");
  const Nanoseconds slow = squares.slow.period * settings.response_periods;
  auto done =
      keep(watch_square(bench, watcher, squares.slow, slow, 0ms, std::nullopt, true), seen.slow);
  for (const Plan::Group& group : squares.groups) {
    for (int i = 0; done && i < kPhases; ++i) {
      say(bench, fmt::format("square of {:.4g} ms, phase {} of {}",
                             1e3 * seconds(group.locked.period), i + 1, kPhases));
      // A whole number of periods after an update, and a share of one.
      const double phase = static_cast<double>(i) / kPhases;
      const Nanoseconds period = group.locked.period;
      const Instant update = watcher.last_update();
      const auto whole = (bench.clock.now() - update) / period + 2;
      const Instant at = update + period * whole + from_seconds(phase * seconds(period));
      done = keep(watch_square(bench, watcher, group.locked, settings.alias_run, kSkipped, at),
                  seen.locked);
      if (done) seen.locked.back().phase = phase;
      if (done) done = probe_host(bench, settings, seen);
    }
    for (const load::Square& square : group.unlocked) {
      if (!done) break;
      say(bench, fmt::format("square of {:.4g} ms", 1e3 * seconds(square.period)));
      done = keep(watch_square(bench, watcher, square, settings.alias_run, kSkipped, std::nullopt),
                  seen.unlocked);
      if (done) done = probe_host(bench, settings, seen);
    }
  }
  return done;
}

}  // namespace

Settings Settings::quick() {
  Settings s;
  s.polling = s.idle = s.steady = 1s;
  s.settle = 500ms;
  s.response_periods = 2;
  s.alias_run = 700ms;
  s.rested_queries = 2;
  s.launching = 100ms;
  return s;
}

Plan plan(const meter::MeterInfo& info) {
  const Nanoseconds update = info.update_period.value_or(100ms);
  const Nanoseconds sampling = info.has_ring ? info.ring_period : 20ms;
  Plan p;
  // Three milliseconds more than a multiple of both, so that each period is sampled elsewhere.
  const Nanoseconds slow = 2s + 3ms;
  p.slow = {slow, slow / 2};
  const auto group = [&](Nanoseconds period, int high_of_four) {
    const auto square = [&](double scale) {
      const auto scaled = from_seconds(seconds(period) * scale);
      return load::Square{scaled, scaled * high_of_four / 4};
    };
    // Neither ratio to the period is near one of small numbers.
    p.groups.push_back({square(1.0), {square(0.8284), square(1.2071)}});
  };
  if (update >= 50ms) group(update, 2);
  group(sampling, 2);
  group(sampling, 1);
  return p;
}

Result<Observations> observe(const Bench& bench, const Settings& settings) {
  Observations seen;
  const Instant began = bench.clock.now();
  bench.meter.observe(::getpid());
  if (bench.meter.info().has_energy) {
    say(bench, "updates of the counter");
    auto polled = poll_counter(bench, settings.polling);
    if (!polled) return tl::unexpected(polled.error());
    seen.polled = std::move(*polled);
  }
  say(bench, "cost of a query");
  auto queries = time_all_queries(bench, settings);
  if (!queries) return tl::unexpected(queries.error());
  seen.queries = std::move(*queries);
  if (const auto conditions = bench.meter.conditions()) seen.driver = conditions->driver;

  // Nothing locks on to updates whose period is not what it was taken for.
  meter::Calibration so_far;
  so_far.updates = updates(seen.polled);
  for (const Queries& q : seen.queries) so_far.queries.push_back(query_cost(q));
  const auto known = meter::calibrated(bench.meter, so_far);
  Watcher watcher(bench, *known);
  auto done = watcher.prepare();
  if (done) done = watch_states(bench, watcher, settings, seen);
  if (done) done = watch_squares(bench, watcher, settings, seen);
  if (!done) return tl::unexpected(done.error());
  seen.took = bench.clock.now() - began;
  return seen;
}

}  // namespace joulemark::calibrate

// One window of a meter as `joulemark measure` takes it, for bench/meters: the same calibration,
// observer, edges and stated terms, without a worker. What a tool says and is told: tool.py.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "campaign/session.hpp"
#include "measure/observer.hpp"
#include "measure/record.hpp"
#include "meter/registry.hpp"
#include "store/store.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// As of a run's windows (Settings, kConfirmPatience in measure/run.cpp).
constexpr Nanoseconds kSpacing = 500ms;
constexpr Nanoseconds kConfirmPatience = 1s;
constexpr Nanoseconds kLockPatience = 20s;

struct Options {
  std::string meter;
  std::string database;       ///< of calibrations; empty: the meter is used as it is
  std::vector<double> steps;  ///< s, what a worker would have stamped; empty: not known
};

struct Go {
  Instant begin;
  Nanoseconds length{0};
};

/// What was told on standard input; absent while nothing was. End of file is an empty line.
std::optional<std::string> told() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return std::nullopt;
  std::string line;
  std::getline(std::cin, line);
  return line;
}

void say(const json& what) { std::cout << what.dump() << std::endl; }

Result<void> step(MeterObserver& observer, Clock& clock) {
  clock.sleep_until(std::min(observer.next_due(), clock.now() + 50ms));
  return observer.poll();
}

/// Locks on the counter's steps, as warming up does.
Result<void> get_ready(MeterObserver& observer, Clock& clock) {
  const Instant give_up = clock.now() + kLockPatience;
  while (!observer.ready()) {
    if (clock.now() > give_up) {
      return fail(ErrorKind::unstable, "the steps of the counter were not found",
                  "Close other programs on this machine and try again");
    }
    if (auto r = step(observer, clock); !r) return r;
  }
  return {};
}

Result<Go> wait_for_go(MeterObserver& observer, Clock& clock) {
  while (true) {
    if (const auto line = told()) {
      const json go = json::parse(*line, nullptr, false);
      if (!go.is_object() || !go.contains("begin") || !go.contains("seconds")) {
        return fail(ErrorKind::invalid_input, fmt::format("'{}' is no begin", *line),
                    "Run this through bench/meters/meters.py");
      }
      return Go{Instant{from_seconds(go["begin"])}, from_seconds(go["seconds"])};
    }
    if (auto r = step(observer, clock); !r) return tl::unexpected(r.error());
  }
}

/// Points from the first one after `go.begin` on, until they span its length, and then until they
/// are confirmed.
Result<std::vector<EnergyPoint>> measure(MeterObserver& observer, Clock& clock, const Go& go) {
  observer.forget();
  const auto collected = [&] {
    std::vector<EnergyPoint> points;
    for (const EnergyPoint& p : observer.points()) {
      if (p.at >= go.begin) points.push_back(p);
    }
    return points;
  };
  const auto long_enough = [&](const std::vector<EnergyPoint>& points) {
    return points.size() > 1 && points.back().at - points.front().at >= go.length - kSpacing / 20;
  };
  const Instant deadline = go.begin + go.length + kSpacing;
  while (true) {
    if (auto r = step(observer, clock); !r) return tl::unexpected(r.error());
    const Instant now = clock.now();
    if (!long_enough(collected()) && now < deadline) continue;
    if (observer.confirmed()) break;
    if (now < deadline + kConfirmPatience) {
      observer.confirm();
      continue;
    }
    observer.drop_unconfirmed();
    break;
  }
  // The ring gives its samples up to now only.
  if (auto r = observer.flush(); !r) return tl::unexpected(r.error());
  auto points = collected();
  if (points.size() < 2) {
    return fail(ErrorKind::unstable, "the meter gave fewer than two energy points",
                "Measure for longer");
  }
  return points;
}

/// By how much the energy of power that is monotone from each sample to the next can be off the
/// trapezoids through these samples: half of each change, for the time between the two. Not part of
/// what is stated: bench/meters/README.md discusses it.
Joules between_samples(std::span<const meter::PowerSample> samples, Instant from, Instant to) {
  Joules most;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const auto& a = samples[i - 1];
    const auto& b = samples[i];
    if (b.at <= from || a.at >= to) continue;
    most += 0.5 * Watts(std::abs(b.power.value - a.power.value)) * (b.at - a.at);
  }
  return most;
}

/// How long after the time of a point its update is surely the one that the counter shows. Points
/// lie on updates, less the lag.
Nanoseconds shown_after(const meter::MeterInfo& info) {
  return info.energy_lag + info.update_period.value_or(Nanoseconds(0)) / 2;
}

json result(const MeterObserver& observer, const std::vector<EnergyPoint>& points,
            std::span<const double> steps) {
  const EnergyPoint& first = points.front();
  const EnergyPoint& last = points.back();
  const Joules joules = last.energy - first.energy;
  const auto stated = [&](std::span<const double> known) {
    return meter_terms(observer.info(), observer.edge_uncertainty(), joules, last.at - first.at,
                       known);
  };
  json said = {{"from", seconds(first.at.since_boot)},
               {"to", seconds(last.at.since_boot)},
               {"joules", joules.value},
               {"stated_rel", combined(stated(steps))},
               {"stated_without_steps_rel", combined(stated({}))},
               {"terms", stated(steps)},
               {"steps_known", !steps.empty()},
               {"shown_s", seconds(shown_after(observer.info()))},
               {"calibration", observer.info().calibration}};
  const auto integral =
      integrate(observer.power(), first.at, last.at, observer.longest_power_gap());
  if (!integral || joules.value <= 0.0) return said;
  const double gap = *integral / joules - 1.0;
  said["gap_rel"] = gap;
  said["between_samples_rel"] = between_samples(observer.power(), first.at, last.at) / joules;
  FlagInput input;
  input.meter = &observer.info();
  input.estimator_gap_rel = gap;
  input.fewest_windows = 0;  // one window, and no interval of it
  said["flags"] = flags(input);
  return said;
}

/// What `joulemark calibrate` found out about this meter; an error where it is not there.
Result<meter::Calibration> read_calibration(const std::string& database,
                                            const meter::MeterInfo& meter) {
  if (database.empty()) return meter::Calibration{};
  const auto store = store::open_sqlite(database, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  auto found = campaign::find_calibration(**store, meter);
  if (!found) return tl::unexpected(found.error());
  if (!*found) {
    return fail(ErrorKind::not_found,
                fmt::format("{} has no calibration of {}", database, meter.device),
                "Run joulemark calibrate --db with this file");
  }
  return std::move(**found);
}

Result<json> measured(const Options& wanted) {
  SteadyClock clock;
  meter::MeterOptions options;
  options.clock = &clock;
  const std::string device = wanted.meter == "nvml" ? "cuda:0" : "cpu";
  const auto opened = meter::open_meter(wanted.meter, device, options);
  if (!opened) return tl::unexpected(opened.error());
  const auto calibration = read_calibration(wanted.database, (*opened)->info());
  if (!calibration) return tl::unexpected(calibration.error());
  const auto meter = meter::calibrated(**opened, *calibration);
  MeterObserver observer(*meter, clock);
  observer.set_spacing(kSpacing);
  if (auto r = get_ready(observer, clock); !r) return tl::unexpected(r.error());
  say({{"ready", true}});
  const auto go = wait_for_go(observer, clock);
  if (!go) return tl::unexpected(go.error());
  const std::int64_t asked_before = observer.queries().count;
  const auto points = measure(observer, clock, *go);
  if (!points) return tl::unexpected(points.error());
  json said = result(observer, *points, wanted.steps);
  said["queries"] = observer.queries().count - asked_before;
  return said;
}

/// METER [DATABASE [STEP]]
std::optional<Options> parse(int argc, char** argv) {
  if (argc < 2 || argc > 4) return std::nullopt;
  Options o;
  o.meter = argv[1];
  if (argc > 2) o.database = argv[2];
  if (argc > 3) o.steps = {std::atof(argv[3])};
  return o;
}

}  // namespace
}  // namespace joulemark::measure

int main(int argc, char** argv) {
  namespace measure = joulemark::measure;
  const auto options = measure::parse(argc, argv);
  if (!options) {
    std::cerr << "joulemark_window METER [DATABASE [STEP_SECONDS]]: measures one window, with the "
                 "calibration that the database holds and for a load that works in such steps; "
                 "started by bench/meters\n";
    return 2;
  }
  const auto result = measure::measured(*options);
  measure::say(result ? *result : nlohmann::json{{"failed", result.error().message()}});
  // The CPU time of this process is read from outside before it ends.
  std::string line;
  std::getline(std::cin, line);
  return result ? 0 : 1;
}

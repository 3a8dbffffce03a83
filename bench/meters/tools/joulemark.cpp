// One window of a meter as `joulemark measure` takes it, for bench/meters: the same observer, edges
// and stated terms, without a worker. What a tool says and is told: tool.py.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "measure/observer.hpp"
#include "measure/record.hpp"
#include "meter/registry.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// As of a run's windows (Settings, kConfirmPatience in measure/run.cpp).
constexpr Nanoseconds kSpacing = 500ms;
constexpr Nanoseconds kConfirmPatience = 1s;
constexpr Nanoseconds kLockPatience = 20s;

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

json result(const MeterObserver& observer, const std::vector<EnergyPoint>& points) {
  const EnergyPoint& first = points.front();
  const EnergyPoint& last = points.back();
  const Joules joules = last.energy - first.energy;
  const auto terms =
      meter_terms(observer.info(), observer.edge_uncertainty(), last.at - first.at, {});
  json said = {{"from", seconds(first.at.since_boot)},
               {"to", seconds(last.at.since_boot)},
               {"joules", joules.value},
               {"stated_rel", combined(terms)},
               {"terms", terms}};
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

Result<json> measured(const std::string& meter_name) {
  SteadyClock clock;
  meter::MeterOptions options;
  options.clock = &clock;
  const std::string device = meter_name == "nvml" ? "cuda:0" : "cpu";
  const auto opened = meter::open_meter(meter_name, device, options);
  if (!opened) return tl::unexpected(opened.error());
  MeterObserver observer(**opened, clock);
  observer.set_spacing(kSpacing);
  if (auto r = get_ready(observer, clock); !r) return tl::unexpected(r.error());
  say({{"ready", true}});
  const auto go = wait_for_go(observer, clock);
  if (!go) return tl::unexpected(go.error());
  const std::int64_t asked_before = observer.queries().count;
  const auto points = measure(observer, clock, *go);
  if (!points) return tl::unexpected(points.error());
  json said = result(observer, *points);
  said["queries"] = observer.queries().count - asked_before;
  return said;
}

}  // namespace
}  // namespace joulemark::measure

int main(int argc, char** argv) {
  namespace measure = joulemark::measure;
  if (argc != 2) {
    std::cerr << "joulemark_window METER: measures one window; started by bench/meters\n";
    return 2;
  }
  const auto result = measure::measured(argv[1]);
  measure::say(result ? *result : nlohmann::json{{"failed", result.error().message()}});
  // The CPU time of this process is read from outside before it ends.
  std::string line;
  std::getline(std::cin, line);
  return result ? 0 : 1;
}

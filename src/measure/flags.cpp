#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

/// Reasons for a lower clock that mean heat or a fault, not a chosen limit.
constexpr std::array<std::string_view, 4> kThrottleReasons = {
    "hw_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "sw_thermal_slowdown"};
constexpr std::string_view kPowerCap = "sw_power_cap";
/// The two estimators agree within 1 % where the sensor resolves the load (docs/meters.md).
constexpr double kDisagreement = 0.03;

bool has_reason(std::span<const meter::Conditions> conditions, std::string_view reason) {
  return std::any_of(conditions.begin(), conditions.end(), [&](const meter::Conditions& c) {
    return std::find(c.throttle_reasons.begin(), c.throttle_reasons.end(), reason) !=
           c.throttle_reasons.end();
  });
}

/// The SM clock moves in steps of 15 MHz; three of them are 2.3 % of an H200's 1,980 MHz. In 69
/// runs there that no power limit held, start and end were the same to the step (data/results).
constexpr double kClockDrop = 0.02;
/// Far more than boards of one kind differ in what they reach without a reason.
constexpr double kClockLow = 0.10;
/// Leakage grows with temperature; by how much is not known of a given board, so this asks for what
/// is out of the ordinary: 88 runs on an H200 changed by -1 to +2 degrees, in whole degrees.
constexpr double kTemperatureChange = 5.0;
/// In CPUs: twice what a quiet host of 16 used of itself while an H200 was measured (0.13).
constexpr double kBusyHost = 0.25;
/// Limits are set in whole watts.
constexpr double kPowerLimitChange = 0.5;

/// Strict measurements refuse every flag but these, which describe the subject: its weights, a
/// meter that was chosen knowing that it estimates, a load that its device cannot run at full
/// clock, or one that its host cannot keep busy.
constexpr std::array<std::string_view, 4> kOfTheSubject = {"weights_random", "estimated",
                                                           "power_capped", "host_bound"};

/// The SM clock, or nothing where a clock says nothing: of a CPU only that of its first core is
/// known, and a GPU at its power limit trades clock for power all the time, which is
/// `power_capped`.
std::optional<double> telling_clock(const FlagInput& in, const meter::Conditions& c) {
  if (in.meter == nullptr) return std::nullopt;
  const bool gpu =
      in.meter->scope == meter::Scope::gpu_board || in.meter->scope == meter::Scope::gpu_mig_slice;
  const bool capped = std::find(c.throttle_reasons.begin(), c.throttle_reasons.end(), kPowerCap) !=
                      c.throttle_reasons.end();
  return gpu && !capped ? c.clock_mhz : std::nullopt;
}

/// At some time the clock was clearly below what it had been before.
bool clock_dropped(const FlagInput& in) {
  double highest = 0.0;
  for (const meter::Conditions& c : in.conditions) {
    const auto clock = telling_clock(in, c);
    if (!clock) continue;
    if (*clock < (1.0 - kClockDrop) * highest) return true;
    highest = std::max(highest, *clock);
  }
  return false;
}

/// All the time the clock was far below what the device can do, and the driver named no reason.
bool clock_low(const FlagInput& in) {
  bool seen = false;
  for (const meter::Conditions& c : in.conditions) {
    const auto clock = telling_clock(in, c);
    if (!clock || !c.clock_max_mhz) continue;
    seen = true;
    if (!c.throttle_reasons.empty() || *clock >= (1.0 - kClockLow) * *c.clock_max_mhz) return false;
  }
  return seen;
}

/// Between the first and the last third of what was seen, so that no single reading, of whole
/// degrees, decides.
bool temperature_changed(std::span<const meter::Conditions> conditions) {
  std::vector<double> degrees;
  for (const meter::Conditions& c : conditions) {
    if (c.temperature_c) degrees.push_back(*c.temperature_c);
  }
  if (degrees.size() < 2) return false;
  const std::size_t third = (degrees.size() + 2) / 3;
  const std::span<const double> all(degrees);
  return std::abs(mean(all.last(third)) - mean(all.first(third))) > kTemperatureChange;
}

bool power_limit_changed(std::span<const meter::Conditions> conditions) {
  std::optional<double> first;
  for (const meter::Conditions& c : conditions) {
    if (!c.power_limit) continue;
    if (!first) first = c.power_limit->value;
    if (std::abs(c.power_limit->value - *first) > kPowerLimitChange) return true;
  }
  return false;
}

bool any(std::span<const meter::Conditions> conditions, auto condition) {
  return std::any_of(conditions.begin(), conditions.end(), condition);
}

/// The counter is that of the board: what the other slices use is in it.
bool mig_slice(const FlagInput& in) {
  return (in.meter != nullptr && in.meter->scope == meter::Scope::gpu_mig_slice) ||
         any(in.conditions, [](const meter::Conditions& c) { return c.mig.value_or(false); });
}

/// Without persistence the driver had unloaded and this program woke the device. It stays awake
/// from then on, so gross energy is not touched; but idle power is measured in its first seconds,
/// when it may not have settled, and net energy rests on that.
bool persistence_off(const FlagInput& in) {
  return in.idle_subtracted && any(in.conditions, [](const meter::Conditions& c) {
           return c.persistence.has_value() && !*c.persistence;
         });
}

/// A trend over the windows that is both significant and worth mentioning.
bool drifted(std::span<const MeasuredWindow> windows) {
  if (windows.size() < 5) return false;
  std::vector<double> t;
  for (const MeasuredWindow& w : windows) t.push_back(seconds(w.from - windows.front().from));
  const auto values = per_image(windows);
  const auto line = fit_line(t, values);
  if (!line) return false;
  const double change = std::abs(line->slope * t.back());
  const double critical = student_t_95(static_cast<double>(windows.size()) - 2.0);
  return change > 0.01 * mean(values) &&
         std::abs(line->slope) > critical * line->slope_standard_error;
}

}  // namespace

std::vector<std::string> flags(const FlagInput& in) {
  std::vector<std::string> result;
  const auto raise_if = [&](bool condition, std::string_view flag) {
    if (condition) result.emplace_back(flag);
  };
  raise_if(std::any_of(kThrottleReasons.begin(), kThrottleReasons.end(),
                       [&](std::string_view r) { return has_reason(in.conditions, r); }),
           "throttled");
  raise_if(has_reason(in.conditions, kPowerCap), "power_capped");
  raise_if(in.estimator_gap_rel && std::abs(*in.estimator_gap_rel) > kDisagreement,
           "meters_disagree");
  raise_if(!in.steady, "not_steady");
  raise_if(drifted(in.windows), "drifted");
  raise_if(in.windows.size() < in.fewest_windows, "short_window");
  raise_if(in.meter != nullptr && in.meter->estimated, "estimated");
  raise_if(
      any(in.conditions, [](const meter::Conditions& c) { return !c.other_processes.empty(); }),
      "shared_device");
  raise_if(in.search_cut, "search_cut");
  raise_if(in.weights_random, "weights_random");
  raise_if(clock_dropped(in), "clock_dropped");
  raise_if(clock_low(in), "clock_low");
  raise_if(power_limit_changed(in.conditions), "power_limit_changed");
  raise_if(temperature_changed(in.conditions), "temperature_changed");
  raise_if(in.host && in.host->others_cpus + in.host->stolen_cpus > kBusyHost, "busy_host");
  raise_if(in.host_spare && *in.host_spare < kHostBound, "host_bound");
  raise_if(mig_slice(in), "mig_slice");
  raise_if(persistence_off(in), "persistence_off");
  raise_if(in.idle_subtracted && in.others_while_idle > 0, "idle_shared");
  raise_if(in.samples_missing, "samples_missing");
  raise_if(in.wall_clock_set != Nanoseconds(0), "wall_clock_set");
  return result;
}

std::vector<std::string> refused_by_strict(std::span<const std::string> flags) {
  std::vector<std::string> refused;
  std::copy_if(flags.begin(), flags.end(), std::back_inserter(refused), [](const std::string& f) {
    return std::find(kOfTheSubject.begin(), kOfTheSubject.end(), f) == kOfTheSubject.end();
  });
  return refused;
}

}  // namespace joulemark::measure

#include <algorithm>
#include <array>
#include <cmath>
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
  raise_if(std::any_of(in.conditions.begin(), in.conditions.end(),
                       [](const meter::Conditions& c) { return !c.other_processes.empty(); }),
           "shared_device");
  raise_if(in.search_cut, "search_cut");
  raise_if(in.weights_random, "weights_random");
  return result;
}

}  // namespace joulemark::measure

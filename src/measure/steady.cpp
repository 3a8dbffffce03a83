#include <algorithm>
#include <cmath>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

constexpr double kSteadyChange = 0.01;
constexpr std::size_t kFewestSteps = 4;
constexpr std::size_t kFewestPowerSamples = 5;
constexpr std::size_t kStepsWanted = 8;

}  // namespace

bool is_steady(std::span<const double> t, std::span<const double> values, std::size_t fewest) {
  if (values.size() < fewest) return false;
  const auto line = fit_line(t, values);
  if (!line) return false;
  const double span = t.back() - t.front();
  const double change = std::abs(line->slope * span);
  return change < kSteadyChange * std::abs(mean(values)) ||
         change < 2.0 * line->slope_standard_error * span;
}

WarmUp warm_up_decision(const CompletionTimeline& timeline,
                        std::span<const meter::PowerSample> power, Instant began, Instant now,
                        const WarmUpLimits& limits) {
  if (now - began >= limits.longest) return WarmUp::gave_up;
  if (now - began < limits.shortest || timeline.steps() < kFewestSteps) return WarmUp::keep_going;

  // Steps longer than an eighth of the look-back need more time to show a trend.
  const auto completions = timeline.completions();
  Instant since = now - limits.look_back;
  if (completions.size() > kStepsWanted) {
    since = std::min(since, completions[completions.size() - kStepsWanted - 1]);
  } else {
    since = completions.front();
  }

  std::vector<double> step_t;
  std::vector<double> step_s;
  const auto first = std::lower_bound(completions.begin(), completions.end(), since);
  for (auto it = std::max(first, completions.begin() + 1); it < completions.end(); ++it) {
    step_t.push_back(seconds(*it - began));
    step_s.push_back(seconds(*it - *(it - 1)));
  }
  std::vector<double> power_t;
  std::vector<double> power_w;
  for (const meter::PowerSample& s : power) {
    if (s.at < since || s.at > now) continue;
    power_t.push_back(seconds(s.at - began));
    power_w.push_back(s.power.value);
  }
  const bool steps_steady = is_steady(step_t, step_s, kFewestSteps - 1);
  const bool power_steady =
      power_w.size() < kFewestPowerSamples || is_steady(power_t, power_w, kFewestPowerSamples);
  return steps_steady && power_steady ? WarmUp::steady : WarmUp::keep_going;
}

std::vector<double> per_image(std::span<const MeasuredWindow> windows) {
  std::vector<double> values;
  values.reserve(windows.size());
  for (const MeasuredWindow& w : windows) values.push_back(w.per_image().value);
  return values;
}

bool precise_enough(std::span<const MeasuredWindow> windows, const StoppingRule& rule) {
  if (windows.size() < rule.fewest_windows) return false;
  const auto interval = mean_interval(per_image(windows));
  return interval && interval->relative() <= rule.target_rel;
}

}  // namespace joulemark::measure

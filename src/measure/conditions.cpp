#include "measure/conditions.hpp"

#include <algorithm>

#include "measure/observer.hpp"

namespace joulemark::measure {
namespace {

void widen(std::optional<Range>& range, double value) {
  if (!range) range = Range{value, value};
  range->least = std::min(range->least, value);
  range->greatest = std::max(range->greatest, value);
}

}  // namespace

std::optional<Range> RunConditions::range(std::optional<double> meter::Conditions::* what) const {
  std::optional<Range> range;
  for (const meter::Conditions& c : all) {
    if (c.*what) widen(range, *(c.*what));
  }
  return range;
}

std::optional<Range> RunConditions::power_limit() const {
  std::optional<Range> range;
  for (const meter::Conditions& c : all) {
    if (c.power_limit) widen(range, c.power_limit->value);
  }
  return range;
}

std::optional<double> RunConditions::temperature_c() const {
  if (all.empty() || !all.front().temperature_c || !all.back().temperature_c) return std::nullopt;
  return (*all.front().temperature_c + *all.back().temperature_c) / 2.0;
}

std::vector<std::string> RunConditions::throttle_reasons() const {
  std::vector<std::string> reasons;
  for (const meter::Conditions& c : all) {
    for (const std::string& reason : c.throttle_reasons) {
      if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
        reasons.push_back(reason);
    }
  }
  return reasons;
}

Result<void> ConditionsWatch::start() { return take(&meter::Meter::conditions); }

Result<void> ConditionsWatch::look(std::size_t windows) {
  if (windows <= windows_) return {};
  windows_ = windows;
  auto taken = take(&meter::Meter::changing_conditions);
  if (taken) ++seen_.meanwhile;
  return taken;
}

Result<void> ConditionsWatch::end() { return take(&meter::Meter::conditions); }

Result<void> ConditionsWatch::take(Result<meter::Conditions> (meter::Meter::*ask)()) {
  const Instant asked = clock_.now();
  auto conditions = (meter_.*ask)();
  seen_.asking += clock_.now() - asked;
  if (!conditions) return tl::unexpected(lost(conditions.error()));
  seen_.all.push_back(std::move(*conditions));
  return {};
}

}  // namespace joulemark::measure

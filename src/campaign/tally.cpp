#include "campaign/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <utility>

#include "analysis/select.hpp"
#include "base/statistics.hpp"
#include "base/time.hpp"

namespace joulemark::campaign {
namespace {

/// What drifts, with the device that each value is of.
class Series {
 public:
  explicit Series(Drift& to) : to_(to) {}

  void add(const std::string& device, double hours, double value) {
    to_.hours.push_back(hours);
    to_.values.push_back(value);
    devices_.push_back(device);
    last_[device] = value;
  }
  bool ends_with(const std::string& device, double value) const {
    const auto found = last_.find(device);
    return found != last_.end() && found->second == value;
  }
  /// The line through what is there, where it means something: of several devices one slope,
  /// whatever they differ by.
  void add_line() {
    to_.devices = last_.size();
    const double free =
        static_cast<double>(to_.values.size()) - static_cast<double>(last_.size()) - 1.0;
    if (free < 2.0) return;
    const auto line = fit_line(centred(to_.hours), centred(to_.values));
    if (!line) return;
    const double fitted = static_cast<double>(to_.values.size()) - 2.0;
    to_.slope = line->slope;
    to_.slope_ci95 = student_t_95(free) * std::sqrt(fitted / free) * line->slope_standard_error;
  }

 private:
  /// Less the mean of each device's.
  std::vector<double> centred(std::vector<double> values) const {
    std::map<std::string, std::pair<double, double>> sums;
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[devices_[i]].first += values[i];
      sums[devices_[i]].second += 1.0;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& [sum, count] = sums.at(devices_[i]);
      values[i] -= sum / count;
    }
    return values;
  }

  Drift& to_;
  std::vector<std::string> devices_;
  std::map<std::string, double> last_;
};

void count_disturbances(const std::vector<std::string>& flags, Tally& t) {
  if (!flags.empty()) ++t.disturbed;
  for (const std::string& flag : flags) ++t.disturbances[flag];
}

}  // namespace

Tally tally(const Campaign& campaign, const std::vector<store::Record>& records) {
  Tally t;
  t.rows = row_count(campaign);
  std::map<std::string, double> first;  // of each kind of the sentinel's rows
  Series sentinels(t.sentinel);
  Series idle(t.idle_w);
  std::vector<double> times;
  const std::string sentinel = campaign.plan.sentinel ? campaign.plan.sentinel->model : "";
  for (const store::Record& r : records) {
    ++(r.status == "ok" ? t.done : t.failed);
    if (r.status != "ok") ++t.failures[r.status];
    if (r.status == "ok") count_disturbances(analysis::disturbances_among(r.flags), t);
    t.last_at = std::max(t.last_at, r.measured_at);
    for (const store::Window& w : r.windows) {
      t.joules += w.joules;
      t.seconds += w.seconds;
    }
    const auto at = seconds_of_rfc3339(r.measured_at);
    if (!at) continue;
    times.push_back(*at);
    const double hours = (*at - times.front()) / 3600.0;
    const std::string& device = r.board;
    // One idle power stands in all rows of its lot.
    if (r.idle_w && !idle.ends_with(device, *r.idle_w)) idle.add(device, hours, *r.idle_w);
    if (!r.energy_j_per_image || (r.model != sentinel && r.architecture != sentinel)) continue;
    const auto kind =
        fmt::format("{} {} {} {} {}", device, r.setup, r.input_size, r.policy, r.batch.value_or(0));
    const double base = first.try_emplace(kind, *r.energy_j_per_image).first->second;
    sentinels.add(device, hours, *r.energy_j_per_image / base);
  }
  sentinels.add_line();
  idle.add_line();
  std::sort(times.begin(), times.end());
  std::adjacent_difference(times.begin(), times.end(), times.begin());
  if (times.size() > 2) t.per_row_s = quantile(std::span(times).subspan(1), 0.5);
  return t;
}

}  // namespace joulemark::campaign

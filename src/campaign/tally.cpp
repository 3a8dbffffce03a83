#include "campaign/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

#include "base/time.hpp"
#include "measure/statistics.hpp"

namespace joulemark::campaign {
namespace {

/// The line through what is there, where it means something.
void add_line(Drift& d) {
  if (d.values.size() < 4) return;
  const auto line = measure::fit_line(d.hours, d.values);
  if (!line) return;
  const double t = measure::student_t_95(static_cast<double>(d.values.size()) - 2.0);
  d.slope = line->slope;
  d.slope_ci95 = t * line->slope_standard_error;
}

}  // namespace

Tally tally(const Campaign& campaign, const std::vector<store::Record>& records) {
  Tally t;
  t.rows = row_count(campaign);
  std::map<std::string, double> first;  // of each kind of the sentinel's rows
  std::vector<double> times;
  const std::string sentinel = campaign.plan.sentinel ? campaign.plan.sentinel->model : "";
  for (const store::Record& r : records) {
    ++(r.status == "ok" ? t.done : t.failed);
    if (r.status != "ok") ++t.failures[r.status];
    t.last_at = std::max(t.last_at, r.measured_at);
    for (const store::Window& w : r.windows) {
      t.joules += w.joules;
      t.seconds += w.seconds;
    }
    const auto at = seconds_of_rfc3339(r.measured_at);
    if (!at) continue;
    times.push_back(*at);
    const double hours = (*at - times.front()) / 3600.0;
    // One idle power stands in all rows of its lot.
    if (r.idle_w && (t.idle_w.values.empty() || t.idle_w.values.back() != *r.idle_w)) {
      t.idle_w.hours.push_back(hours);
      t.idle_w.values.push_back(*r.idle_w);
    }
    if (!r.energy_j_per_image || (r.model != sentinel && r.architecture != sentinel)) continue;
    const auto kind =
        fmt::format("{} {} {} {}", r.setup, r.input_size, r.policy, r.batch.value_or(0));
    const double base = first.try_emplace(kind, *r.energy_j_per_image).first->second;
    t.sentinel.hours.push_back(hours);
    t.sentinel.values.push_back(*r.energy_j_per_image / base);
  }
  add_line(t.sentinel);
  add_line(t.idle_w);
  std::sort(times.begin(), times.end());
  std::adjacent_difference(times.begin(), times.end(), times.begin());
  if (times.size() > 2) t.per_row_s = measure::quantile(std::span(times).subspan(1), 0.5);
  return t;
}

}  // namespace joulemark::campaign

#include "campaign/pace.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "store/said.hpp"

namespace joulemark::campaign {
namespace {

/// The mean over sittings, of which each is given with the start of its first row. Times are of
/// whole seconds.
std::optional<Nanoseconds> mean_start(const std::map<std::string, double>& first_rows) {
  double sum = 0.0;
  std::size_t n = 0;
  for (const auto& [sitting, first_row] : first_rows) {
    const auto began = seconds_of_run_id(sitting);
    if (!began || first_row < *began) continue;  // its clock was set
    sum += first_row - *began;
    ++n;
  }
  return n == 0 ? std::nullopt : std::optional(from_seconds(sum / static_cast<double>(n)));
}

/// A pace, and how many rows say it.
struct Timed {
  Pace pace;
  std::size_t rows = 0;
};
Timed timed(std::span<const store::Record> rows) {
  Timed t;
  std::set<std::pair<std::string, std::size_t>> jobs;  // of a sitting
  std::map<std::string, double> first_rows;            // when the first of each sitting was begun
  for (const store::Record& row : rows) {
    const store::Said said = store::said_by(row);
    if (!said.took || !said.job || said.sitting.empty()) continue;
    ++t.rows;
    jobs.emplace(said.sitting, *said.job);
    t.pace.measuring += *said.took;
    const auto ended = seconds_of_rfc3339(row.measured_at);
    if (!ended) continue;
    const double began = *ended - seconds(*said.took);
    const auto first = first_rows.try_emplace(said.sitting, began).first;
    first->second = std::min(first->second, began);
  }
  t.pace.jobs = jobs.size();
  t.pace.until_first = mean_start(first_rows);
  return t;
}

/// Whether the plan has such a variant and policy, of whatever model.
bool is_alike(const Plan& plan, const store::Record& row) {
  for (std::size_t i = 0; i < plan.variants.size(); ++i) {
    const Variant& v = plan.variants[i];
    if (v.format != row.format || v.precision != row.precision || v.layout != row.layout) continue;
    const auto policies = policies_of(plan, Job{.model = "", .variant = i});
    const bool is_asked_for = std::ranges::any_of(policies, [&](const measure::Policy& policy) {
      return measure::name(policy.kind) == row.policy;
    });
    if (is_asked_for && v.cuda_graph == store::said_by(row).cuda_graph) return true;
  }
  return false;
}

bool is_of_kind(const store::Record& row, const std::string& device_kind) {
  return row.scope.starts_with("gpu") == (device_kind == "cuda");
}

}  // namespace

std::optional<double> Pace::seconds_per_job() const {
  if (jobs == 0) return std::nullopt;
  return seconds(measuring) / static_cast<double>(jobs);
}

void Pace::add(Nanoseconds job) {
  measuring += job;
  ++jobs;
}

Pace pace_of(std::span<const store::Record> rows) { return timed(rows).pace; }

Pace pace_beside(const Campaign& campaign, std::vector<store::Record> rows,
                 const std::string& device_kind) {
  std::erase_if(rows, [&](const store::Record& row) {
    return !is_of_kind(row, device_kind) || !is_alike(campaign.plan, row);
  });
  auto [pace, timed_rows] = timed(rows);
  if (pace.jobs == 0) return pace;
  const double rows_of_a_job =
      static_cast<double>(row_count(campaign)) / static_cast<double>(campaign.jobs.size());
  pace.jobs =
      std::max<std::size_t>(1, std::lround(static_cast<double>(timed_rows) / rows_of_a_job));
  return pace;
}

}  // namespace joulemark::campaign

#include "campaign/pace.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

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

}  // namespace

std::optional<double> Pace::seconds_per_job() const {
  if (jobs == 0) return std::nullopt;
  return seconds(measuring) / static_cast<double>(jobs);
}

void Pace::add(Nanoseconds job) {
  measuring += job;
  ++jobs;
}

Pace pace_of(std::span<const store::Record> rows) {
  Pace pace;
  std::set<std::pair<std::string, std::size_t>> jobs;  // of a sitting
  std::map<std::string, double> first_rows;            // when the first of each sitting was begun
  for (const store::Record& row : rows) {
    const store::Said said = store::said_by(row);
    if (!said.took || !said.job || said.sitting.empty()) continue;
    jobs.emplace(said.sitting, *said.job);
    pace.measuring += *said.took;
    const auto ended = seconds_of_rfc3339(row.measured_at);
    if (!ended) continue;
    const double began = *ended - seconds(*said.took);
    const auto first = first_rows.try_emplace(said.sitting, began).first;
    first->second = std::min(first->second, began);
  }
  pace.jobs = jobs.size();
  pace.until_first = mean_start(first_rows);
  return pace;
}

}  // namespace joulemark::campaign

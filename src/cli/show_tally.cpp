#include "cli/show_tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "campaign/tally.hpp"
#include "cli/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace joulemark::cli {

std::string duration_text(double s) {
  if (s < 90.0) return fmt::format("{:.0f} s", s);
  if (s < 5400.0) return fmt::format("{:.0f} min", s / 60.0);
  return fmt::format("{:.1f} h", s / 3600.0);
}

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// "-0.3 .. +0.6 %, the last +0.4 %; +0.1 ± 0.2 % an hour". `scale` makes `unit` of the values.
std::string drift_text(const campaign::Drift& d, double zero, double scale, const char* unit) {
  const auto shown = [&](double value) { return scale * (value - zero); };
  const auto [low, high] = std::minmax_element(d.values.begin(), d.values.end());
  const char* form = zero == 0.0 ? "{:.4g} .. {:.4g} {}, the last {:.4g} {}"
                                 : "{:+.2f} .. {:+.2f} {}, the last {:+.2f} {}";
  std::string text = fmt::format(fmt::runtime(form), shown(*low), shown(*high), unit,
                                 shown(d.values.back()), unit);
  if (d.slope) {
    text +=
        fmt::format("; {:+.2g} ± {:.2g} {} an hour", scale * *d.slope, scale * *d.slope_ci95, unit);
  }
  return text;
}

std::string of_devices(const campaign::Drift& d) {
  return d.devices > 1 ? fmt::format(" of {} devices", d.devices) : "";
}

/// "2 crashed, 1 export_failed".
std::string counts_text(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [kind, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  return text;
}

std::string tally_text(const campaign::Campaign& c, const fs::path& folder,
                       const campaign::Tally& t) {
  std::string text = fmt::format("{}: {} of {} rows measured, {} failed, {} left\n", c.id, t.done,
                                 t.rows, t.failed, t.left());
  if (t.failed > 0) {
    text += fmt::format(
        "  failed: {}; to try again: joulemark campaign run {} --retry-failed[=KIND,...]\n",
        counts_text(t.failures), shell_word(folder.string()));
  }
  if (t.disturbed > 0) {
    text += fmt::format(
        "  disturbed, and of no use to analyses: {} ({}); to measure them again: "
        "joulemark campaign run {} --retry-disturbed[=FLAG,...]\n",
        t.disturbed, counts_text(t.disturbances), shell_word(folder.string()));
  }
  if (t.seconds > 0.0) {
    text += fmt::format("  {:.4g} kJ in {} of windows; the last row at {}\n", 1e-3 * t.joules,
                        duration_text(t.seconds), t.last_at);
  }
  if (t.left() > 0 && t.per_row_s) {
    text += fmt::format("  about {} left, at {:.1f} s a row without exports\n",
                        duration_text(*t.per_row_s * static_cast<double>(t.left())), *t.per_row_s);
  }
  if (!t.sentinel.values.empty() && c.plan.sentinel) {
    text += fmt::format("  sentinel {}: {} rows{}, against the first of their kind {}\n",
                        c.plan.sentinel->model, t.sentinel.values.size(), of_devices(t.sentinel),
                        drift_text(t.sentinel, 1.0, 100.0, "%"));
  }
  if (!t.idle_w.values.empty()) {
    text += fmt::format("  idle power{}: {} times, {}\n", of_devices(t.idle_w),
                        t.idle_w.values.size(), drift_text(t.idle_w, 0.0, 1.0, "W"));
  }
  return text;
}

ordered_json drift_json(const campaign::Drift& d) {
  ordered_json j = {{"hours", d.hours}, {"values", d.values}};
  if (d.slope) j["per_hour"] = *d.slope;
  if (d.slope) j["per_hour_ci95"] = *d.slope_ci95;
  return j;
}

ordered_json tally_json(const campaign::Campaign& c, const campaign::Tally& t) {
  ordered_json j = {{"campaign", c.id},         {"rows", t.rows},
                    {"measured", t.done},       {"failed", t.failed},
                    {"left", t.left()},         {"windows_j", t.joules},
                    {"windows_s", t.seconds},   {"failures", t.failures},
                    {"disturbed", t.disturbed}, {"disturbances", t.disturbances}};
  if (!t.last_at.empty()) j["last_at"] = t.last_at;
  if (t.per_row_s) j["per_row_s"] = *t.per_row_s;
  if (t.per_row_s) j["left_s"] = *t.per_row_s * static_cast<double>(t.left());
  j["sentinel"] = drift_json(t.sentinel);
  j["idle_w"] = drift_json(t.idle_w);
  return j;
}

}  // namespace

int print_tally(const campaign::Campaign& c, const fs::path& folder,
                const std::vector<store::Record>& rows, bool json, int code,
                const std::optional<campaign::slurm::Report>& jobs) {
  const campaign::Tally t = campaign::tally(c, rows);
  if (!json)
    return print_and_end(tally_text(c, folder, t) + (jobs ? to_text(*jobs) : ""), json, code);
  ordered_json j = tally_json(c, t);
  if (jobs) add_cluster(j, *jobs);
  return print_and_end(pretty(j), json, code);
}

int report_tally(const campaign::Campaign& c, const campaign::Folder& folder, bool json, int code,
                 const std::optional<campaign::slurm::Report>& jobs) {
  const auto rows = campaign::rows_of(c, folder);
  return rows ? print_tally(c, folder.root, *rows, json, code, jobs)
              : report_error(rows.error(), json);
}

}  // namespace joulemark::cli

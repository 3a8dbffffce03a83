#include "cli/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "campaign/slurm/script.hpp"

namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;
namespace slurm = campaign::slurm;

/// The most tasks that are named one by one; --json has all.
constexpr std::size_t kMostNamed = 20;

/// "RUNNING" in our own words.
std::string state_text(const std::string& state) {
  std::string text = state;
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  });
  return text;
}

/// "5 pending (Resources), 2 running". Of a task without a state Slurm no longer knows anything, if
/// it could be asked.
std::string count_text(const std::vector<slurm::Task>& tasks, bool could_be_asked) {
  std::map<std::string, std::size_t> counts;
  for (const slurm::Task& t : tasks) {
    const bool waits = t.state == "PENDING" && !t.reason.empty();
    const std::string unknown = could_be_asked ? "no longer known to Slurm" : "unknown";
    ++counts[waits             ? fmt::format("pending ({})", t.reason)
             : t.state.empty() ? unknown
                               : state_text(t.state)];
  }
  std::string text;
  for (const auto& [state, n] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, state);
  return text;
}

/// What somebody may want to look at: a task that runs, or one that came to a bad end.
std::string task_text(const slurm::Task& t) {
  std::string text = fmt::format("    {}_{} {}", t.job, t.number, state_text(t.state));
  if (!t.node.empty()) text += fmt::format(" on {}", t.node);
  if (t.restarts.value_or(0) > 0) text += fmt::format(", begun {} times", *t.restarts + 1);
  if (t.exit_code.value_or(0) > 0) text += fmt::format(", exit code {}", *t.exit_code);
  // Slurm puts the host's name into that of the log, which need not be the node's.
  if (!slurm::is_active(t)) text += fmt::format(": slurm/log/{}_{}-*.log", t.job, t.number);
  return text + "\n";
}

bool is_named(const slurm::Task& t) {
  return !t.state.empty() && t.state != "PENDING" && t.state != "COMPLETED";
}

ordered_json report_json(const slurm::Report& report) {
  ordered_json tasks = ordered_json::array();
  for (const slurm::Task& t : report.tasks) {
    ordered_json j = {{"job", t.job}, {"task", t.number}, {"active", slurm::is_active(t)}};
    const std::pair<const char*, const std::string&> texts[] = {
        {"state", t.state}, {"reason", t.reason}, {"node", t.node}};
    for (const auto& [key, value] : texts) {
      if (!value.empty()) j[key] = value;
    }
    if (t.restarts) j["restarts"] = *t.restarts;
    if (t.exit_code) j["exit_code"] = *t.exit_code;
    tasks.push_back(std::move(j));
  }
  ordered_json all = {{"asked", report.asked}, {"tasks", std::move(tasks)}};
  if (report.problem) all["problem"] = report.problem->message();
  return all;
}

/// The newest job, and older ones as long as something of theirs is active: what is over and was
/// followed by another says nothing any more.
void keep_what_matters(slurm::Report& report) {
  std::int64_t newest = 0;
  for (const slurm::Task& t : report.tasks) newest = std::max(newest, t.job);
  std::erase_if(report.tasks,
                [&](const slurm::Task& t) { return t.job != newest && !slurm::is_active(t); });
}

}  // namespace

std::optional<slurm::Report> ask_cluster(const campaign::Campaign& campaign,
                                         const campaign::Folder& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder.slurm(), ignored)) return std::nullopt;
  auto jobs = slurm::read_jobs(folder.slurm());
  if (jobs && jobs->size() > 1) {
    // Slurm is asked of the last ones alone; an older one that still runs is found by its name.
    jobs->erase(jobs->begin(), jobs->end() - 1);
  }
  slurm::Report report = slurm::ask(jobs.value_or(std::vector<slurm::Job>()),
                                    slurm::job_name(campaign), absolute_path(folder.root));
  if (!jobs) report.problem = jobs.error();
  keep_what_matters(report);
  return report;
}

std::string to_text(const slurm::Report& report) {
  std::map<std::int64_t, std::vector<slurm::Task>> jobs;
  for (const slurm::Task& t : report.tasks) jobs[t.job].push_back(t);
  std::string text;
  for (const auto& [job, tasks] : jobs) {
    text += fmt::format("  Slurm job {}, {} {}: {}\n", job, tasks.size(),
                        tasks.size() == 1 ? "task" : "tasks", count_text(tasks, !report.problem));
    std::size_t named = 0;
    for (const slurm::Task& t : tasks) {
      if (is_named(t) && ++named <= kMostNamed) text += task_text(t);
    }
    if (named > kMostNamed) text += fmt::format("    and {} more: --json\n", named - kMostNamed);
  }
  if (report.problem) text += fmt::format("  Slurm: {}\n", report.problem->message());
  return text;
}

void add_cluster(ordered_json& to, const slurm::Report& report) {
  to["slurm"] = report_json(report);
}

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(path, error).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return error ? path : whole;
}

}  // namespace joulemark::cli

#include "campaign/slurm/job.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "runtime/child.hpp"
#include "runtime/folder.hpp"

namespace joulemark::campaign::slurm {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kSchema = "joulemark.slurm/1";
/// A controller that is down is waited for by Slurm's programs themselves, for some ten seconds.
constexpr Nanoseconds kPatience = 120s;

struct Answer {
  std::string how;  ///< "exit code 0"
  std::string output, errors;
  bool good() const { return how == "exit code 0"; }
  /// What it complained of, in one line.
  std::string complaint() const {
    std::string text = errors.empty() ? output : errors;
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
      text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.empty() ? how : text;
  }
};

/// Runs one of Slurm's programs to its end. Errors: unsupported when it is not there, timed_out,
/// io.
Result<Answer> call(const std::string& program, const std::vector<std::string>& arguments) {
  auto folder = runtime::WorkerFolder::create(runtime::temporary_root());
  if (!folder) return tl::unexpected(folder.error());
  const fs::path errors = folder->path() / "errors";
  runtime::Command command;
  command.program = "/bin/sh";
  // Lists of numbers come whole, not with "..." in their middle.
  command.environment = {{"SLURM_BITSTR_LEN", "0"}, {"JOULEMARK_ERRORS", errors.string()}};
  command.arguments = {"-c",
                       R"(command -v "$1" >/dev/null || exit 127; exec "$@" 2>"$JOULEMARK_ERRORS")",
                       "slurm", program};
  std::ranges::copy(arguments, std::back_inserter(command.arguments));
  command.log = folder->path() / "output";
  auto child = runtime::Child::start(command);
  if (!child) return tl::unexpected(child.error());
  const auto how = child->wait(kPatience);
  if (!how) {
    return fail(ErrorKind::timed_out, fmt::format("{} does not answer", program),
                "`scontrol ping` says whether Slurm's controller is up");
  }
  if (*how == "exit code 127") {
    return fail(ErrorKind::unsupported, fmt::format("there is no {} on this machine", program),
                "Call it on a machine from which jobs are submitted");
  }
  return Answer{*how, read_file(command.log).value_or(""), read_file(errors).value_or("")};
}

/// What to do after sbatch refused, by what it said.
std::string advice(const std::string& complaint) {
  static const std::vector<std::pair<std::string, std::string>> kAdvice = {
      {"partition", "`sinfo -s` shows the partitions; --partition names one"},
      {"generic resource", "`sinfo -o %G` shows what there is; --gres names it"},
      {"array", "Choose fewer --shards: `scontrol show config` has the cluster's MaxArraySize"},
      {"time", "`sinfo -o '%P %l'` shows the limits; --time chooses"},
      {"account", "Name yours: --sbatch-option=--account=NAME"},
      {"controller", "`scontrol ping` says whether Slurm's controller is up"},
  };
  for (const auto& [word, next] : kAdvice) {
    if (complaint.find(word) != std::string::npos) return next;
  }
  return "--dry-run prints the script; --sbatch-option adds to it";
}

std::vector<std::string> with_cluster(const std::string& cluster,
                                      std::vector<std::string> arguments) {
  if (!cluster.empty()) arguments.insert(arguments.begin(), "--clusters=" + cluster);
  return arguments;
}

/// The tasks that were submitted and are not among those that are known.
std::vector<Task> missing(const std::vector<Job>& jobs, const std::vector<Task>& known) {
  std::set<std::pair<std::int64_t, std::int64_t>> there;
  for (const Task& t : known) there.emplace(t.job, t.number);
  std::vector<Task> tasks;
  for (const Job& job : jobs) {
    for (const std::int64_t number : job.tasks) {
      if (there.contains({job.number, number})) continue;
      Task task;
      task.job = job.number;
      task.number = number;
      tasks.push_back(task);
    }
  }
  return tasks;
}

/// Asks one cluster, one program after the other.
class Inquiry {
 public:
  Inquiry(const std::vector<Job>& jobs, const std::string& cluster, const std::string& name,
          const fs::path& folder)
      : jobs_(jobs), cluster_(cluster), wanted_{name, folder.string(), {}} {
    for (const Job& job : jobs) wanted_.jobs.insert(job.number);
  }

  /// What is in the queue, and what ended not long ago.
  void ask_queue() {
    const auto answer = call("squeue", with_cluster(cluster_, {"--json"}));
    const auto tasks =
        answer ? parse_squeue(answer->output, wanted_) : tl::unexpected(answer.error());
    if (tasks) {
      add("squeue", *tasks);
      return;
    }
    // An old Slurm, or one that was built without JSON, says the same in another form.
    const bool no_json = answer && tasks.error().kind == ErrorKind::unsupported;
    if (no_json && ask_scontrol({})) return;
    report_.problem = tasks.error();
    if (no_json && !answer->good()) report_.problem->what = "squeue: " + answer->complaint();
  }

  /// The tasks that are not in the queue any more.
  void ask_past() {
    if (missing(jobs_, report_.tasks).empty()) return;
    const auto answer = call(
        "sacct", with_cluster(cluster_, {"-X", "-P", "-n", "-j", numbers(), "-o", kSacctFields}));
    // Not every cluster keeps accounts: then it is no problem that this one gave none.
    if (answer && answer->good()) add("sacct", parse_sacct(answer->output, wanted_));
    for (const Job& job : jobs_) {
      if (!missing({job}, report_.tasks).empty()) ask_scontrol(std::to_string(job.number));
    }
    const std::vector<Task> unknown = missing(jobs_, report_.tasks);
    report_.tasks = merged(std::move(report_.tasks), unknown);
  }

  Report report() { return std::move(report_); }

 private:
  /// Of one job, or of all. True when it answered.
  bool ask_scontrol(const std::string& job) {
    std::vector<std::string> arguments = {"-o", "show", "job"};
    if (!job.empty()) arguments.push_back(job);
    const auto answer = call("scontrol", with_cluster(cluster_, std::move(arguments)));
    if (!answer || !answer->good()) return false;
    add("scontrol", parse_scontrol(answer->output, wanted_));
    return true;
  }

  std::string numbers() const {
    std::string text;
    for (const Job& job : jobs_) text += fmt::format("{}{}", text.empty() ? "" : ",", job.number);
    return text;
  }

  void add(const char* program, const std::vector<Task>& tasks) {
    report_.tasks = merged(std::move(report_.tasks), tasks);
    const auto& asked = report_.asked;
    if (std::find(asked.begin(), asked.end(), program) == asked.end())
      report_.asked.emplace_back(program);
  }

  const std::vector<Job>& jobs_;
  const std::string& cluster_;
  Wanted wanted_;
  Report report_;
};

/// By the cluster that they were submitted to; without any, this machine's own.
std::map<std::string, std::vector<Job>> by_cluster(const std::vector<Job>& jobs) {
  std::map<std::string, std::vector<Job>> clusters;
  for (const Job& job : jobs) clusters[job.cluster].push_back(job);
  if (clusters.empty()) clusters[""] = {};
  return clusters;
}

}  // namespace

std::string to_json(const std::vector<Job>& jobs) {
  ordered_json list = ordered_json::array();
  for (const Job& job : jobs) {
    ordered_json j = {{"job", job.number}};
    if (!job.cluster.empty()) j["cluster"] = job.cluster;
    j["shards"] = job.shards;
    j["tasks"] = array_text(job.tasks);
    j["submitted_at"] = job.submitted_at;
    list.push_back(std::move(j));
  }
  const ordered_json all = {{"schema", kSchema}, {"jobs", std::move(list)}};
  return all.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<std::vector<Job>> jobs_from_json(const std::string& text) {
  const auto wrong = [](const std::string& what) {
    return fail(ErrorKind::invalid_input, fmt::format("slurm/jobs.json: {}", what),
                "Move it away: jobs that are still active are found without it");
  };
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object() || all.value("schema", json()) != kSchema)
    return wrong(fmt::format("this is no {}", kSchema));
  std::vector<Job> jobs;
  try {
    for (const json& j : all.at("jobs")) {
      Job job;
      job.number = j.at("job").get<std::int64_t>();
      job.cluster = j.value("cluster", "");
      job.shards = j.at("shards").get<std::int64_t>();
      job.tasks = parse_array(j.at("tasks").get_ref<const std::string&>(), kMostTasks);
      job.submitted_at = j.at("submitted_at").get<std::string>();
      if (job.number < 1 || job.shards < 1) return wrong("a number is none of a job");
      jobs.push_back(std::move(job));
    }
  } catch (const json::exception& e) {
    return wrong(e.what());
  }
  return jobs;
}

Result<std::vector<Job>> read_jobs(const fs::path& slurm_folder) {
  const auto text = read_file(slurm_folder / "jobs.json");
  if (!text) return std::vector<Job>();
  return jobs_from_json(*text);
}

Result<Job> parse_submitted(std::string_view output) {
  const std::string line = last_line(output);
  const auto semicolon = line.find(';');
  const std::string_view number = std::string_view(line).substr(0, semicolon);
  Job job;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), job.number);
  if (error != std::errc() || end != number.data() + number.size() || job.number < 1) {
    return fail(ErrorKind::invalid_input, fmt::format("sbatch answered '{}', no job", line),
                "`squeue --me` shows whether it was submitted");
  }
  if (semicolon != std::string::npos) job.cluster = line.substr(semicolon + 1);
  return job;
}

Result<Job> submit(const fs::path& script) {
  const auto answer = call("sbatch", {"--parsable", script.string()});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->good()) return parse_submitted(answer->output);
  return fail(ErrorKind::invalid_input, answer->complaint(), advice(answer->complaint()));
}

Report ask(const std::vector<Job>& jobs, const std::string& name, const fs::path& folder) {
  Report report;
  for (const auto& [cluster, its] : by_cluster(jobs)) {
    Inquiry inquiry(its, cluster, name, folder);
    inquiry.ask_queue();
    inquiry.ask_past();
    Report one = inquiry.report();
    report.tasks = merged(std::move(report.tasks), one.tasks);
    std::ranges::copy(one.asked, std::back_inserter(report.asked));
    if (one.problem) report.problem = std::move(one.problem);
  }
  return report;
}

Result<std::vector<Task>> ask_active(const std::vector<Job>& jobs, const std::string& name,
                                     const fs::path& folder) {
  std::vector<Task> tasks;
  for (const auto& [cluster, its] : by_cluster(jobs)) {
    Inquiry inquiry(its, cluster, name, folder);
    inquiry.ask_queue();
    Report one = inquiry.report();
    if (one.problem) return tl::unexpected(*one.problem);
    std::ranges::copy_if(one.tasks, std::back_inserter(tasks), is_active);
  }
  return tasks;
}

bool looks_shared(const fs::path& folder) {
  struct statfs of{};
  if (statfs(folder.c_str(), &of) != 0) return false;
  // File systems of one machine: ext2 to 4, XFS, Btrfs, and those in memory or layered on them.
  constexpr long kZfs = 0x2fc12fc1;
  constexpr std::array<long, 9> kLocal = {
      EXT4_SUPER_MAGIC,      XFS_SUPER_MAGIC,  BTRFS_SUPER_MAGIC,    TMPFS_MAGIC, RAMFS_MAGIC,
      OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, REISERFS_SUPER_MAGIC, kZfs};
  return std::find(kLocal.begin(), kLocal.end(), static_cast<long>(of.f_type)) == kLocal.end();
}

}  // namespace joulemark::campaign::slurm

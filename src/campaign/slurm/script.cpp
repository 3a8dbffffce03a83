#include "campaign/slurm/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string_view>

#include "base/text.hpp"
#include "campaign/slurm/state.hpp"

namespace joulemark::campaign::slurm {
namespace {

/// Slurm's own bound of --signal.
constexpr std::int64_t kLongestWarning = 65'535;
/// Tells to the nearest minute when a job ends.
constexpr std::int64_t kSlurmsClock = 60;

/// What this script says itself, for a reason: a second answer would be another job.
constexpr std::array kOwn = {"--array", "-a", "--chdir", "-D", "--job-name", "-J", "--wrap"};

/// A value in a line of #SBATCH, which sbatch reads with rules of its own, much as a shell would.
std::string directive_value(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-+=.,:/@%[]").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

/// A path in which sbatch replaces %A and the like.
std::string pattern(const std::string& path) {
  std::string result;
  for (const char c : path) result += c == '%' ? "%%" : std::string(1, c);
  return result;
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::iscntrl(c) != 0; });
}

Result<void> check(const JobRequest& r) {
  std::vector<std::string> texts = {r.folder.string(), r.joulemark.string(), r.partition, r.time,
                                    r.gres};
  texts.insert(texts.end(), r.sbatch_options.begin(), r.sbatch_options.end());
  texts.insert(texts.end(), r.run_options.begin(), r.run_options.end());
  for (const std::string& text : texts) {
    if (has_control_characters(text)) {
      return fail(ErrorKind::invalid_input,
                  "a path or an option holds a line break or another control character",
                  "A job script cannot hold it: choose another");
    }
  }
  for (const std::string& option : r.sbatch_options) {
    const std::string key = option.substr(0, option.find_first_of("= "));
    if (!option.starts_with("-")) {
      return fail(ErrorKind::invalid_input, fmt::format("'{}' is no option of sbatch", option),
                  "Write it as sbatch does: --sbatch-option=--account=energy");
    }
    if (std::find(kOwn.begin(), kOwn.end(), key) != kOwn.end()) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("{} is set by joulemark, which would not know its job again", key),
                  "--shards says how many tasks there are");
    }
  }
  return {};
}

/// The slot of a task: absent when nobody said when it ends.
Result<std::optional<double>> slot_of(const Campaign& campaign, const JobRequest& r) {
  if (r.slot_s || r.time.empty()) return r.slot_s;
  const auto limit = parse_time_limit(r.time);
  if (!limit) {
    return fail(ErrorKind::invalid_input, fmt::format("'{}' is no time limit", r.time),
                "Write minutes, or as 8:00:00 or 1-12:00:00");
  }
  const std::int64_t slot = *limit - warning_s(campaign.plan);
  const double job = longest_job_s(campaign.plan);
  if (static_cast<double>(slot) >= job) return std::optional(static_cast<double>(slot));
  return fail(ErrorKind::invalid_input,
              fmt::format("in {} nothing can be measured: a job may take {:.0f} s, and the task is "
                          "told {} s before its end to begin nothing more",
                          r.time, job, warning_s(campaign.plan)),
              "Give it more --time");
}

std::string device_line(const Campaign& campaign, const JobRequest& r) {
  if (!r.gres.empty()) return fmt::format("#SBATCH --gres={}\n", directive_value(r.gres));
  return campaign.plan.device == "cpu" ? "#SBATCH --exclusive\n" : "#SBATCH --gres=gpu:1\n";
}

std::string directives(const Campaign& campaign, const JobRequest& r) {
  const std::string logs = pattern((r.folder / "slurm/log").string());
  std::string text = fmt::format(
      R"(#SBATCH --job-name={}
#SBATCH --array={}
#SBATCH --chdir={}
# What a task says is kept when it runs again: of job %A task %a on node %N.
#SBATCH --output={}
#SBATCH --open-mode=append
# A task whose node is lost runs again elsewhere, and goes on with what is left.
#SBATCH --requeue
# One process that measures, and cores for the models that it exports at once.
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={}
# What is measured belongs to this task alone.
{}# So many seconds before its time limit the task is told to begin nothing more.
#SBATCH --signal=B:USR1@{}
)",
      job_name(campaign), array_text(r.tasks), directive_value(r.folder.string()),
      directive_value(logs + "/%A_%a-%N.log"), std::max<std::int64_t>(2, campaign.plan.export_jobs),
      device_line(campaign, r), warning_s(campaign.plan));
  if (!r.time.empty()) text += fmt::format("#SBATCH --time={}\n", directive_value(r.time));
  if (!r.partition.empty())
    text += fmt::format("#SBATCH --partition={}\n", directive_value(r.partition));
  if (!r.sbatch_options.empty()) text += "# As asked for with --sbatch-option.\n";
  for (const std::string& option : r.sbatch_options) text += fmt::format("#SBATCH {}\n", option);
  return text;
}

}  // namespace

std::string job_name(const Campaign& campaign) { return "joulemark-" + campaign.id; }

std::int64_t warning_s(const Plan& plan) {
  const double wanted = std::ceil(longest_job_s(plan)) + static_cast<double>(kSlurmsClock);
  return static_cast<std::int64_t>(std::min(wanted, static_cast<double>(kLongestWarning)));
}

Result<std::string> job_script(const Campaign& campaign, const JobRequest& r) {
  if (auto ok = check(r); !ok) return tl::unexpected(ok.error());
  const auto slot = slot_of(campaign, r);
  if (!slot) return tl::unexpected(slot.error());
  std::string options;
  if (*slot) options += fmt::format(" \\\n  --slot {:.0f}", **slot);
  for (const std::string& option : r.run_options)
    options += (option.starts_with("--") ? " \\\n  " : " ") + shell_word(option);
  return fmt::format(
      R"(#!/bin/bash
# The campaign {0} of Joulemark, which measures the energy of models' inference.
# One task for each of {1} shards that has something left to measure. Written by
# `joulemark campaign submit`, which hands it to sbatch; docs/campaigns.md says what it does.
#
{2}
set -eu
joulemark={3}
folder={4}

echo "$(date -u +%FT%TZ) task $SLURM_ARRAY_TASK_ID of job $SLURM_ARRAY_JOB_ID on $(hostname)," \
  "restarts: ${{SLURM_RESTART_COUNT:-0}}"
for needed in "$joulemark" "$folder/campaign.json"; do
  if [[ ! -r $needed ]]; then
    echo "$needed is not there on $(hostname): program and folder must be seen from every node" >&2
    exit 5
  fi
done

# exec: Slurm's signals shall reach joulemark itself, not a shell around it. Models that cannot be
# measured have rows that say why; only what keeps the shard from its work is a failure of the task.
exec "$joulemark" campaign run "$folder" --shard "$SLURM_ARRAY_TASK_ID/{1}" --tolerate-failures{5}
)",
      campaign.id, r.shards, directives(campaign, r), shell_word(r.joulemark.string()),
      shell_word(r.folder.string()), options);
}

}  // namespace joulemark::campaign::slurm

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/plan.hpp"

/// The script of the array job that runs a campaign in shards: a text that an administrator can
/// review. Pure.
namespace joulemark::campaign::slurm {

/// What the user asked for, and where things are.
struct JobRequest {
  std::filesystem::path folder;     ///< of the campaign, absolute
  std::filesystem::path joulemark;  ///< this program, absolute
  std::int64_t shards = 8;
  std::vector<std::int64_t> tasks;  ///< the shards that have something left, ascending
  std::string partition;            ///< empty: Slurm's choice
  std::string time;                 ///< as sbatch takes it; empty: the partition's
  /// As sbatch takes it; empty: one GPU, or for a plan on CPUs the whole node.
  std::string gres;
  std::optional<double> slot_s;             ///< absent: what `time` leaves
  std::vector<std::string> sbatch_options;  ///< lines of their own, after all others
  std::vector<std::string> run_options;     ///< for `joulemark campaign run`, as they are
};

/// "joulemark-ID".
std::string job_name(const Campaign& campaign);

/// How long before its limit a task is told to begin nothing more: what a job may still take, and a
/// reserve for Slurm, which looks at its clock once a minute.
std::int64_t warning_s(const Plan& plan);

/// Errors: invalid_input for a time that is none or in which nothing can be measured, for an option
/// that would break the job, and for control characters.
Result<std::string> job_script(const Campaign& campaign, const JobRequest& request);

}  // namespace joulemark::campaign::slurm

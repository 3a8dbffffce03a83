#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "campaign/slurm/state.hpp"

/// Slurm's programs, called: sbatch, squeue, sacct, scontrol. And what was submitted, as the folder
/// of the campaign keeps it.
namespace joulemark::campaign::slurm {

/// One array job that was submitted for a campaign.
struct Job {
  std::int64_t number = 0;
  std::string cluster;  ///< where a machine submits to several; else empty
  std::int64_t shards = 0;
  std::vector<std::int64_t> tasks;  ///< of these, the ones that were submitted
  std::string submitted_at;         ///< RFC 3339
  friend bool operator==(const Job&, const Job&) = default;
};

/// slurm/jobs.json: all jobs of a campaign, the newest last. Errors: invalid_input.
std::string to_json(const std::vector<Job>& jobs);
Result<std::vector<Job>> jobs_from_json(const std::string& text);
/// What is recorded in a campaign's folder; none where nothing is. Errors: invalid_input.
Result<std::vector<Job>> read_jobs(const std::filesystem::path& slurm_folder);

/// "17", or "17;cluster", as `sbatch --parsable` answers, in its last line. Errors: invalid_input.
Result<Job> parse_submitted(std::string_view output);

/// Hands a script to sbatch. Errors: unsupported when there is no sbatch; invalid_input, with
/// sbatch's words, when it refuses.
Result<Job> submit(const std::filesystem::path& script);

/// What could be found out about a campaign's jobs.
struct Report {
  std::vector<Task> tasks;  ///< those that were submitted, and active ones that are not recorded
  std::vector<std::string> asked;  ///< the programs that answered
  std::optional<Error> problem;    ///< why not all is known
};
/// Asks squeue, and for tasks that it no longer knows sacct, or else scontrol. `jobs` are those
/// that are recorded; others of this name that work in this folder are found too.
Report ask(const std::vector<Job>& jobs, const std::string& name,
           const std::filesystem::path& folder);

/// The tasks of the campaign that wait or run, recorded or not. Errors: unsupported, io or
/// timed_out when Slurm cannot be asked.
Result<std::vector<Task>> ask_active(const std::vector<Job>& jobs, const std::string& name,
                                     const std::filesystem::path& folder);

/// True where a folder is of a kind that other machines can see: NFS, Lustre and the like. What is
/// not known is taken for one. Errors are no.
bool looks_shared(const std::filesystem::path& folder);

}  // namespace joulemark::campaign::slurm

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// What Slurm says of a campaign's jobs, read from what its programs print. Pure: none of these
/// ends the program, whatever the text is.
namespace joulemark::campaign::slurm {

/// One task of an array job, which measures the shard of the same number.
struct Task {
  std::int64_t job = 0;     ///< of the array: the 17 of 17_2
  std::int64_t number = 0;  ///< the 2
  std::string state;        ///< Slurm's word, "RUNNING"; empty when Slurm no longer knows the task
  std::string reason;       ///< why it waits or failed, in Slurm's word; may be empty
  std::string node;         ///< where it runs or ran; may be empty
  std::optional<std::int64_t> restarts;
  std::optional<std::int64_t> exit_code;
  friend bool operator==(const Task&, const Task&) = default;
};

/// True while a task waits, runs, or ends: until Slurm has done with it.
bool is_active(const Task& task);

/// Whose tasks are looked for: jobs of this name that are known by their number, or work in this
/// folder. The name alone could be that of a copy of the campaign, a number alone that of another
/// job.
struct Wanted {
  std::string name;
  std::string folder;
  std::set<std::int64_t> jobs;
};

/// "1,3,5-8", "1-9:2" or "1-8%4" as numbers from 1 to `most`; others are left out. Empty for what
/// is no such text.
std::vector<std::int64_t> parse_array(std::string_view text, std::int64_t most);
/// "1,3,5-8" of ascending numbers.
std::string array_text(const std::vector<std::int64_t>& numbers);

/// The most tasks of a job. Slurm's own limit (MaxArraySize) is 1,001 where nobody changed it.
inline constexpr std::int64_t kMostTasks = 10'000;

/// What `squeue --json` prints, of Slurm 21.08 and later. Errors: unsupported for what is no such
/// JSON; io, with Slurm's words, when the controller was not reached.
Result<std::vector<Task>> parse_squeue(std::string_view text, const Wanted& wanted);

/// What `sacct -X -P -n -o JobID,JobName,State,ExitCode,NodeList` prints. A line that is no such
/// record is passed over.
std::vector<Task> parse_sacct(std::string_view text, const Wanted& wanted);
inline constexpr const char* kSacctFields = "JobID,JobName,State,ExitCode,NodeList";

/// What `scontrol -o show job` prints: one job a line, KEY=VALUE. As above.
std::vector<Task> parse_scontrol(std::string_view text, const Wanted& wanted);

/// The tasks of `first`, then those of `second` that are not among them; by job and number.
std::vector<Task> merged(std::vector<Task> first, const std::vector<Task>& second);

/// The time limit that sbatch takes: "90" minutes, "90:00", "1:30:00", "1-12", "1-12:30",
/// "1-12:30:00". Seconds; absent for what is none, and for none at all ("UNLIMITED", 0).
std::optional<std::int64_t> parse_time_limit(std::string_view text);

}  // namespace joulemark::campaign::slurm

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "campaign/folder.hpp"
#include "campaign/slurm/job.hpp"
#include "campaign/slurm/script.hpp"
#include "cli/campaign_parts.hpp"
#include "cli/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

/// `joulemark campaign submit`: shards of a campaign as an array job of Slurm. Slurm has the queue.
namespace joulemark::cli {
namespace {

namespace fs = std::filesystem;
namespace slurm = campaign::slurm;

Result<slurm::JobRequest> request_of(const CampaignSubmitOptions& o, const campaign::Campaign& c,
                                     const campaign::Folder& folder) {
  auto program = this_program();
  if (!program) return tl::unexpected(program.error());
  const auto again = campaign::parse_retry(o.retry_failed, o.retry_disturbed);
  if (!again) return tl::unexpected(again.error());
  auto tasks = campaign::shards_left(c, folder, o.shards, *again);
  if (!tasks) return tl::unexpected(tasks.error());
  slurm::JobRequest r;
  r.folder = folder.root;
  r.joulemark = std::move(*program);
  r.shards = o.shards;
  r.tasks = std::move(*tasks);
  r.partition = o.partition;
  r.time = o.time;
  r.gres = o.gres;
  if (o.slot > 0.0) r.slot_s = o.slot;
  r.sbatch_options = o.sbatch_options;
  r.run_options = passed_on(o);
  if (!o.device.empty()) r.run_options.insert(r.run_options.end(), {"--device", o.device});
  if (!o.retry_failed.empty()) r.run_options.push_back("--retry-failed=" + o.retry_failed);
  if (!o.retry_disturbed.empty()) r.run_options.push_back("--retry-disturbed=" + o.retry_disturbed);
  return r;
}

Result<void> must_be_shared(const CampaignSubmitOptions& o, const fs::path& folder) {
  if (o.shared || slurm::looks_shared(folder)) return {};
  return fail(ErrorKind::invalid_input,
              fmt::format("{} lies on a file system of this machine alone", folder.string()),
              "Move it to one that all nodes see, or say --shared when they see this one");
}

/// Of two that submit at once, the second waits here, and then sees the job of the first.
class SubmitLock {
 public:
  static Result<SubmitLock> take(const fs::path& slurm_folder) {
    std::error_code error;
    fs::create_directories(slurm_folder / "log", error);
    const fs::path path = slurm_folder / "lock";
    SubmitLock lock(error ? -1 : open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.fd_ >= 0 && flock(lock.fd_, LOCK_EX) == 0) return lock;
    return fail(ErrorKind::io,
                fmt::format("cannot make {}: {}", path.string(),
                            error ? error.message() : std::strerror(errno)),
                "Check the folder's permissions, and that the disk is not full");
  }
  SubmitLock(SubmitLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  SubmitLock& operator=(SubmitLock&&) = delete;
  ~SubmitLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  explicit SubmitLock(int fd) : fd_(fd) {}
  int fd_;
};

/// A campaign has one job at a time. A second one would lose nothing, but its tasks would measure
/// the same shards beside the first's, and pay for it; and to take up the first in silence would
/// pass over what the user asks for now.
Result<void> must_be_alone(const campaign::Campaign& c, const campaign::Folder& folder,
                           const std::vector<slurm::Job>& jobs) {
  const auto active = slurm::ask_active(jobs, slurm::job_name(c), folder.root);
  if (!active) return tl::unexpected(active.error());
  if (active->empty()) return {};
  const std::int64_t job = active->front().job;
  return fail(
      ErrorKind::invalid_input,
      fmt::format("job {} measures this campaign: {} tasks wait or run", job, active->size()),
      fmt::format("Look: joulemark campaign status {}. End it first, if need be: scancel {}",
                  shell_word(folder.root.string()), job));
}

/// Script and record are in the folder whatever happens: a job that could not be recorded is found
/// by its name.
Result<slurm::Job> submit(const slurm::JobRequest& request, const std::string& script,
                          std::vector<slurm::Job> jobs, const campaign::Folder& folder) {
  const fs::path path = folder.slurm() / "job.sh";
  if (auto written = write_file(path, script); !written) return tl::unexpected(written.error());
  auto job = slurm::submit(path);
  if (!job) return job;
  job->shards = request.shards;
  job->tasks = request.tasks;
  job->submitted_at = rfc3339_now();
  jobs.push_back(*job);
  if (auto written = write_file(folder.slurm() / "jobs.json", slurm::to_json(jobs)); !written) {
    Error e = written.error();
    e.what = fmt::format("job {} was submitted, but {}", job->number, e.what);
    return tl::unexpected(e);
  }
  return job;
}

int print_job(const slurm::Job& job, const campaign::Folder& folder, bool json) {
  if (json) {
    return print_and_end(pretty({{"job", job.number},
                                 {"shards", job.shards},
                                 {"tasks", slurm::array_text(job.tasks)},
                                 {"script", (folder.slurm() / "job.sh").string()}}),
                         true);
  }
  return print_and_end(
      fmt::format("Slurm job {}: tasks {} of {} shards; its script is {}\n"
                  "Next: joulemark campaign status {}\n",
                  job.number, slurm::array_text(job.tasks), job.shards,
                  (folder.slurm() / "job.sh").string(), shell_word(folder.root.string())),
      false);
}

}  // namespace

int run_campaign_submit(const CampaignSubmitOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{absolute_path(o.folder)};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  const auto request = request_of(o, *c, folder);
  if (!request) return report_error(request.error(), common.json);
  if (request->tasks.empty())
    return print_and_end(common.json ? "{\"left\": 0}\n" : "Nothing is left to measure\n",
                         common.json);
  const auto script = slurm::job_script(*c, *request);
  if (!script) return report_error(script.error(), common.json);
  if (o.dry_run) return print_and_end(*script, false);

  if (auto ok = must_be_shared(o, folder.root); !ok) return report_error(ok.error(), common.json);
  const auto lock = SubmitLock::take(folder.slurm());
  if (!lock) return report_error(lock.error(), common.json);
  auto jobs = slurm::read_jobs(folder.slurm());
  if (!jobs) return report_error(jobs.error(), common.json);
  if (auto ok = must_be_alone(*c, folder, *jobs); !ok) return report_error(ok.error(), common.json);
  const auto job = submit(*request, *script, std::move(*jobs), folder);
  if (!job) return report_error(job.error(), common.json);
  return print_job(*job, folder, common.json);
}

}  // namespace joulemark::cli

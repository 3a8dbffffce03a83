#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "campaign/device.hpp"
#include "campaign/one_device.hpp"
#include "campaign/run.hpp"
#include "campaign/team/cpus.hpp"
#include "campaign/team/serve.hpp"
#include "campaign/team/team.hpp"
#include "cli/campaign_parts.hpp"
#include "cli/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/show_tally.hpp"
#include "meter/host.hpp"
#include "report/table.hpp"
#include "runtime/folder.hpp"

/// `joulemark campaign run`: on one device in this process, on several in one process each.
namespace joulemark::cli {
namespace {

namespace fs = std::filesystem;
namespace team = campaign::team;

/// Of a process that measures one of several devices: its end of the channel.
constexpr int kChannel = 3;

/// One call of `run`.
struct Call {
  const CampaignRunOptions& o;
  const CommonOptions& common;
  campaign::Campaign campaign;
  campaign::Retry again;
  std::vector<campaign::Step> steps;  ///< that are left when it begins
  std::string device;                 ///< or several, or cuda:all
};

Result<Call> read_call(const CampaignRunOptions& o, const CommonOptions& common,
                       campaign::Folder& folder) {
  auto c = campaign::read_campaign(folder);
  if (!c) return tl::unexpected(c.error());
  Call call{o, common, std::move(*c), {}, {}, {}};
  call.device = o.device.empty() ? call.campaign.plan.device : o.device;
  // What a machine has room for says nothing of what is measured: rows stay those of the plan.
  call.campaign.plan.lot = o.lot.value_or(call.campaign.plan.lot);
  call.campaign.plan.export_jobs = o.export_jobs.value_or(call.campaign.plan.export_jobs);
  auto again = campaign::parse_retry(o.retry_failed, o.retry_disturbed);
  if (!again) return tl::unexpected(again.error());
  call.again = std::move(*again);
  if (!o.shard.empty()) {
    const auto shard = campaign::parse_shard(o.shard);
    if (!shard) return tl::unexpected(shard.error());
    folder.shard = *shard;
  }
  auto steps = campaign::steps_left(call.campaign, folder, call.again);
  if (!steps) return tl::unexpected(steps.error());
  call.steps = std::move(*steps);
  return call;
}

campaign::RunOptions run_options(const Call& call) {
  campaign::RunOptions options;
  if (call.o.slot > 0.0) options.slot = from_seconds(call.o.slot);
  options.again = call.again;
  options.stop = &told_to_stop();
  return options;
}

/// What goes on, on stderr.
class Narrator {
 public:
  Narrator(const Call& call, Clock& clock)
      : progress_(Progress::on_stderr(clock, rows_left(call.steps))),
        listener_{[this](const std::string& subject, const std::string& what) {
                    progress_.stage(subject, what);
                  },
                  [this](const campaign::StoredRow& row) { progress_.finished(row.words); },
                  [this](const std::string& what) { progress_.note(what); }} {}
  ~Narrator() { progress_.clear(); }
  Narrator(const Narrator&) = delete;
  Narrator& operator=(const Narrator&) = delete;
  Narrator(Narrator&&) = delete;
  Narrator& operator=(Narrator&&) = delete;

  const campaign::Listener& listener() const { return listener_; }

 private:
  static std::size_t rows_left(const std::vector<campaign::Step>& steps) {
    std::size_t rows = 0;
    for (const campaign::Step& step : steps) rows += step.policies.size();
    return rows;
  }
  Progress progress_;
  campaign::Listener listener_;
};

/// Says how it went. Returns the exit code.
int report_run(const Call& call, const campaign::Folder& folder,
               const Result<std::size_t>& failed) {
  if (!failed) {
    Error e = failed.error();
    if (e.kind == ErrorKind::interrupted)
      e.next = fmt::format("Go on with joulemark campaign run {}", folder.root.string());
    return report_error(e, call.common.json);
  }
  return report_tally(call.campaign, folder, call.common.json,
                      *failed > 0 && !call.o.tolerate_failures ? kSomeFailed : kOk);
}

/// Measures what is left for this folder on one device.
Result<std::size_t> measure_here(const Call& call, const campaign::Folder& folder, Clock& clock) {
  auto options = session_options(call.o, call.campaign, folder, call.device);
  if (!options) return tl::unexpected(options.error());
  const auto session = open_session(std::move(*options), call.campaign, folder, clock);
  if (!session) return tl::unexpected(session.error());
  const Narrator narrator(call, clock);
  campaign::OneDevice device(call.campaign, folder.artefacts(), **session,
                             from_seconds(call.o.idle_seconds), narrator.listener(),
                             report::one_line, clock);
  return campaign::run(call.campaign, folder, zoo_of(call.o, folder), device, run_options(call),
                       narrator.listener(), clock);
}

/// The devices of a list, where a meter tells them apart.
Result<std::vector<runtime::WorkerDevice>> devices_of(const Call& call,
                                                      const campaign::Folder& folder,
                                                      Clock& clock) {
  const auto options = session_options(call.o, call.campaign, folder, call.device);
  if (!options) return tl::unexpected(options.error());
  const auto program = runtime::find_worker(options->runtime, options->worker);
  if (!program) return tl::unexpected(program.error());
  const auto hello = campaign::greet_worker(*program, clock, &interrupted());
  if (!hello) return tl::unexpected(hello.error());
  auto devices = campaign::choose_devices(options->runtime, hello->devices, call.device);
  if (!devices) return devices;
  if (devices->size() > 1) {
    if (auto ok = campaign::check_apart(options->meter, options->meter_options, *devices); !ok)
      return tl::unexpected(ok.error());
  }
  return devices;
}

/// Each with CPUs of its own, near it where the kernel says which these are.
Result<std::vector<team::Place>> places_for(const std::vector<runtime::WorkerDevice>& devices) {
  const fs::path root = "/";
  std::vector<std::vector<int>> local;
  for (const runtime::WorkerDevice& d : devices)
    local.push_back(team::read_local_cpus(root, d.pci_bus_id));
  auto cpus = team::share_cpus(team::read_cores(root, meter::allowed_cpus()), local);
  if (!cpus) return tl::unexpected(cpus.error());
  std::vector<team::Place> places;
  for (std::size_t i = 0; i < devices.size(); ++i)
    places.push_back({devices[i].name, std::move((*cpus)[i])});
  return places;
}

Result<team::MemberCommand> member_command(const Call& call, const campaign::Folder& folder,
                                           std::size_t devices) {
  auto program = this_program();
  if (!program) return tl::unexpected(program.error());
  std::vector<std::string> arguments = {"campaign",
                                        "member",
                                        folder.root.string(),
                                        "--artefacts",
                                        folder.artefacts().string(),
                                        "--of",
                                        std::to_string(devices)};
  if (!call.o.shard.empty()) arguments.insert(arguments.end(), {"--shard", call.o.shard});
  for (std::string& option : passed_on(call.o)) arguments.push_back(std::move(option));
  return team::MemberCommand{std::move(*program), std::move(arguments), folder.logs()};
}

/// Measures what is left for this folder on several devices. The rows are in databases of the
/// processes that measured them.
Result<std::size_t> measure_together(const Call& call, const campaign::Folder& folder,
                                     const std::vector<runtime::WorkerDevice>& devices,
                                     Clock& clock) {
  auto places = places_for(devices);
  if (!places) return tl::unexpected(places.error());
  auto command = member_command(call, folder, devices.size());
  if (!command) return tl::unexpected(command.error());
  if (auto made = make_folder(folder.logs()); !made) return tl::unexpected(made.error());
  const Narrator narrator(call, clock);
  const auto crew = team::Team::open(call.campaign, std::move(*places), std::move(*command),
                                     narrator.listener(), clock, interrupted());
  if (!crew) return tl::unexpected(crew.error());
  return campaign::run(call.campaign, folder, zoo_of(call.o, folder), **crew, run_options(call),
                       narrator.listener(), clock);
}

/// The same, and then brings the rows together: also those of a run that was ended. The folder's
/// own database is held all the while, so that no other run begins the same.
Result<std::size_t> measure_and_collect(const Call& call, const campaign::Folder& folder,
                                        const std::vector<runtime::WorkerDevice>& devices,
                                        Clock& clock) {
  if (folder.shard) return measure_together(call, folder, devices, clock);
  const auto store = store::open_sqlite(folder.database(), store::Mode::write);
  if (!store) return tl::unexpected(store.error());
  auto failed = measure_together(call, folder, devices, clock);
  auto rows = campaign::read_rows(folder.databases(), campaign::rows_of(call.campaign));
  if (!rows) return tl::unexpected(failed ? rows.error() : failed.error());
  const auto added = collect_rows(call.campaign, **store, std::move(*rows));
  if (failed && !added) return tl::unexpected(added.error());
  return failed;
}

/// Measures what is left for this folder, and says how it went.
int measure_left(const Call& call, const campaign::Folder& folder, Clock& clock) {
  if (auto made = make_folder(folder.own()); !made)
    return report_error(made.error(), call.common.json);
  const bool several = call.device == "cuda:all" || call.device.find(',') != std::string::npos;
  if (!several) return report_run(call, folder, measure_here(call, folder, clock));
  const auto devices = devices_of(call, folder, clock);
  if (!devices) return report_error(devices.error(), call.common.json);
  if (devices->size() > 1)
    return report_run(call, folder, measure_and_collect(call, folder, *devices, clock));
  Call alone = call;
  alone.device = devices->front().name;
  return report_run(alone, folder, measure_here(alone, folder, clock));
}

/// One sitting of a shard: what is left of it, in a folder of this process's own.
int measure_shard(const Call& call, const campaign::Folder& folder, Clock& clock) {
  const bool json = call.common.json;
  if (call.steps.empty()) return report_tally(call.campaign, folder, json, kOk);
  auto sitting = campaign::begin_sitting(folder);
  if (!sitting) return report_error(sitting.error(), json);
  // On a disk of this machine: a node that is lost shall leave no artefacts in the shared folder.
  const auto scratch = runtime::WorkerFolder::create(runtime::temporary_root());
  if (!scratch) return report_error(scratch.error(), json);
  sitting->scratch = scratch->path() / "artefacts";
  const int code = measure_left(call, *sitting, clock);
  campaign::end_sitting(*sitting);
  return code;
}

/// What it is told to measure, on one device, in a sitting that is begun.
Result<void> serve_in(const CampaignMemberOptions& o, const campaign::Campaign& c,
                      const campaign::Folder& sitting, team::Channel& channel, Clock& clock) {
  auto options = session_options(o, c, sitting, o.device);
  if (!options) return tl::unexpected(options.error());
  options->devices = o.of;
  const auto session = open_session(std::move(*options), c, sitting, clock);
  if (!session) return tl::unexpected(session.error());
  const campaign::Listener listener = team::listener_of(channel);
  campaign::OneDevice device(c, o.artefacts, **session, from_seconds(o.idle_seconds), listener,
                             report::one_line, clock);
  return team::serve(channel, device, interrupted());
}

/// A sitting as if it were of the only shard: its database is nobody else's to write to.
Result<void> serve(const CampaignMemberOptions& o, team::Channel& channel, Clock& clock) {
  const auto shard = campaign::parse_shard(o.shard.empty() ? "1/1" : o.shard);
  if (!shard) return tl::unexpected(shard.error());
  const campaign::Folder folder{o.folder, *shard};
  const auto c = campaign::read_campaign(folder);
  if (!c) return tl::unexpected(c.error());
  const auto sitting = campaign::begin_sitting(folder);
  if (!sitting) return tl::unexpected(sitting.error());
  auto served = serve_in(o, *c, *sitting, channel, clock);
  campaign::end_sitting(*sitting);
  return served;
}

}  // namespace

int run_campaign_run(const CampaignRunOptions& o, const CommonOptions& common) {
  catch_signals();
  catch_stop();
  SteadyClock clock;
  campaign::Folder folder{o.folder};
  const auto call = read_call(o, common, folder);
  if (!call) return report_error(call.error(), common.json);
  return folder.shard ? measure_shard(*call, folder, clock) : measure_left(*call, folder, clock);
}

int run_campaign_member(const CampaignMemberOptions& o, const CommonOptions& common) {
  catch_signals();
  catch_stop();  // so that it does not end it: what is begun is the run's affair
  SteadyClock clock;
  team::Channel channel(kChannel);
  const auto served = serve(o, channel, clock);
  if (served) return kOk;
  team::tell(channel, served.error());
  return report_error(served.error(), common.json);
}

}  // namespace joulemark::cli

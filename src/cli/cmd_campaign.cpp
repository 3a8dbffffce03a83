#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "campaign/run.hpp"
#include "campaign/verify.hpp"
#include "cli/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/open_store.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/show_tally.hpp"
#include "report/table.hpp"
#include "runtime/folder.hpp"

/// `joulemark campaign ...`: many models, over as many sittings as it takes.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

campaign::Zoo zoo_of(const CampaignOptions& o, const campaign::Folder& folder) {
  return {o.exporter, folder.artefacts(), folder.logs(),
          [] { return interrupted() || told_to_stop(); }};
}

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return {};
  return fail(ErrorKind::io, fmt::format("cannot make {}: {}", path.string(), error.message()),
              "Choose another folder, or check its permissions");
}

/// The folder of a campaign that is to be made.
Result<void> make_new(const campaign::Folder& folder) {
  std::error_code ignored;
  if (!fs::exists(folder.plan(), ignored)) return make_folder(folder.logs());
  return fail(ErrorKind::invalid_input,
              fmt::format("{} holds a campaign already", folder.root.string()),
              "Choose another folder, or go on with it: joulemark campaign run");
}

Result<campaign::Campaign> make_campaign(const CampaignPlanOptions& o,
                                         const campaign::Folder& folder, Clock& clock) {
  const auto text = read_file(o.plan);
  if (!text) {
    return fail(ErrorKind::not_found, fmt::format("cannot read {}", o.plan.string()),
                "docs/campaigns.md shows a plan");
  }
  auto plan = campaign::parse_plan(*text);
  if (!plan) return tl::unexpected(plan.error());
  if (auto made = make_new(folder); !made) return tl::unexpected(made.error());
  auto models = campaign::find_models(zoo_of(o, folder), plan->models, clock);
  if (!models) return tl::unexpected(models.error());
  return campaign::freeze(std::move(*plan), std::move(*models));
}

campaign::SessionOptions session_options(const CampaignRunOptions& o, const campaign::Campaign& c,
                                         const campaign::Folder& folder) {
  campaign::SessionOptions s;
  s.runtime = c.plan.runtime;
  s.device = c.plan.device;
  s.worker = o.worker;
  s.worker_options = o.worker_options;
  s.meter = o.meter;
  s.campaign = c.id;
  s.calibrations = campaign::Folder{folder.root}.database();
  s.joulemark_version = JOULEMARK_VERSION;
  s.settings.target_rel = c.plan.target_rel;
  s.settings.limit_run(from_seconds(c.plan.max_seconds));
  s.settings.largest_batch = c.plan.max_batch;
  return s;
}

Result<std::unique_ptr<campaign::Session>> open_session(const CampaignRunOptions& o,
                                                        const campaign::Campaign& c,
                                                        const campaign::Folder& folder,
                                                        Clock& clock) {
  campaign::SessionOptions options = session_options(o, c, folder);
  if (auto ok = meter::apply_settings(o.meter_options, options.meter_options); !ok)
    return tl::unexpected(ok.error());
  auto station = campaign::find_station(options, clock, interrupted());
  if (!station) return tl::unexpected(station.error());
  return campaign::Session::open(std::move(options), std::move(*station),
                                 store::Location::file(folder.database()), clock, interrupted());
}

/// What is to be collected: databases, and those of folders; without any, those of the shards.
std::vector<fs::path> databases_of(const CampaignCollectOptions& o,
                                   const campaign::Folder& folder) {
  if (o.shards.empty()) return folder.databases();
  std::vector<fs::path> all;
  for (const fs::path& shard : o.shards) {
    if (!fs::is_directory(shard)) {
      all.push_back(shard);
      continue;
    }
    const auto those = campaign::Folder{shard}.databases();
    all.insert(all.end(), those.begin(), those.end());
  }
  return all;
}

/// Adds the rows that the store lacks of the campaign. Returns how many these were.
Result<std::size_t> collect_rows(const campaign::Campaign& c, store::Store& store,
                                 std::vector<store::Record> found) {
  const auto here = store.read(campaign::rows_of(c));
  if (!here) return tl::unexpected(here.error());
  const auto rows = campaign::lacking(c, *here, std::move(found));
  for (const store::Record& r : rows) {
    if (auto stored = store.append(r); !stored) return tl::unexpected(stored.error());
  }
  return rows.size();
}

/// One call of `run`.
struct Call {
  const CampaignRunOptions& o;
  const CommonOptions& common;
  campaign::Campaign campaign;
  std::optional<campaign::Retry> again;
  std::vector<campaign::Step> steps;  ///< that are left when it begins
};

Result<Call> read_call(const CampaignRunOptions& o, const CommonOptions& common,
                       campaign::Folder& folder) {
  auto c = campaign::read_campaign(folder);
  if (!c) return tl::unexpected(c.error());
  Call call{o, common, std::move(*c), {}, {}};
  if (!o.retry_failed.empty()) {
    auto again = campaign::parse_retry(o.retry_failed);
    if (!again) return tl::unexpected(again.error());
    call.again = std::move(*again);
  }
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
  options.idle = from_seconds(call.o.idle_seconds);
  options.stop = &told_to_stop();
  return options;
}

/// Says how it went. Returns the exit code.
int report_run(const Call& call, const campaign::Folder& folder,
               const Result<std::vector<store::Record>>& rows) {
  if (!rows) {
    Error e = rows.error();
    if (e.kind == ErrorKind::interrupted)
      e.next = fmt::format("Go on with joulemark campaign run {}", folder.root.string());
    return report_error(e, call.common.json);
  }
  const bool some_failed = std::any_of(rows->begin(), rows->end(),
                                       [](const store::Record& r) { return r.status != "ok"; });
  return report_tally(call.campaign, folder, call.common.json,
                      some_failed && !call.o.tolerate_failures ? kSomeFailed : kOk);
}

/// Measures what is left for this folder, and says how it went.
int measure_left(const Call& call, const campaign::Folder& folder, Clock& clock) {
  const bool json = call.common.json;
  if (auto made = make_folder(folder.own()); !made) return report_error(made.error(), json);
  const auto session = open_session(call.o, call.campaign, folder, clock);
  if (!session) return report_error(session.error(), json);
  std::size_t rows_left = 0;
  for (const campaign::Step& step : call.steps) rows_left += step.policies.size();
  Progress progress = Progress::on_stderr(clock, rows_left);
  const campaign::Listener listener{
      [&](const std::string& subject, const std::string& what) { progress.stage(subject, what); },
      [&](const store::Record& r) { progress.finished(report::one_line(r)); }};
  const auto rows = campaign::run(call.campaign, folder, zoo_of(call.o, folder), **session,
                                  run_options(call), listener, clock);
  progress.clear();
  return report_run(call, folder, rows);
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

}  // namespace

int run_campaign_plan(const CampaignPlanOptions& o, const CommonOptions& common) {
  catch_signals();
  SteadyClock clock;
  const campaign::Folder folder{o.folder};
  const auto c = make_campaign(o, folder, clock);
  if (!c) return report_error(c.error(), common.json);
  if (auto written = write_file(folder.plan(), campaign::to_json(*c)); !written)
    return report_error(written.error(), common.json);
  const std::size_t rows = campaign::row_count(*c);
  double at_most_s = 0.0;  // without exports
  for (const campaign::Job& job : c->jobs)
    at_most_s += campaign::longest_job_s(c->plan, c->plan.variants[job.variant]);
  if (common.json) {
    return print_and_end(pretty({{"campaign", c->id},
                                 {"folder", folder.root.string()},
                                 {"jobs", c->jobs.size()},
                                 {"rows", rows},
                                 {"at_most_s", at_most_s}}),
                         true);
  }
  return print_and_end(
      fmt::format("{}: {} jobs, {} rows; at most {} of measuring (estimated), and the exports\n"
                  "Next: joulemark campaign run {}\n",
                  c->id, c->jobs.size(), rows, duration_text(at_most_s), folder.root.string()),
      false);
}

int run_campaign_run(const CampaignRunOptions& o, const CommonOptions& common) {
  catch_signals();
  catch_stop();
  SteadyClock clock;
  campaign::Folder folder{o.folder};
  const auto call = read_call(o, common, folder);
  if (!call) return report_error(call.error(), common.json);
  return folder.shard ? measure_shard(*call, folder, clock) : measure_left(*call, folder, clock);
}

int run_campaign_status(const CampaignOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{o.folder};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  return report_tally(*c, folder, common.json, kOk, ask_cluster(*c, folder));
}

int run_campaign_collect(const CampaignCollectOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{o.folder};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  auto found = campaign::read_rows(databases_of(o, folder), *c);
  if (!found) return report_error(found.error(), common.json);
  const auto into =
      o.into.empty() ? store::Location::file(folder.database()) : store::Location(o.into);
  const auto store = store::open_store(into, store::Mode::write, store_options(common));
  if (!store) return report_error(store.error(), common.json);
  const auto added = collect_rows(*c, **store, std::move(*found));
  if (!added) return report_error(added.error(), common.json);
  fmt::print(stderr, "{} rows added to {}\n", *added, into.text());
  if (o.into.empty()) return report_tally(*c, folder, common.json, kOk);
  auto rows = (*store)->read(campaign::rows_of(*c));
  if (!rows) return report_error(rows.error(), common.json);
  return print_tally(*c, folder.root, campaign::counting(*c, std::move(*rows)), common.json, kOk);
}

int run_campaign_verify(const CampaignOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{o.folder};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  const auto rows = campaign::read_rows(folder.databases(), *c);
  if (!rows) return report_error(rows.error(), common.json);
  std::vector<std::string> problems;
  for (const store::Record& r : *rows) {
    if (const auto problem = campaign::unsound(r))
      problems.push_back(fmt::format("{}: {}", r.run, *problem));
  }
  const int code = problems.empty() ? kOk : kUsage;
  if (common.json)
    return print_and_end(pretty({{"rows", rows->size()}, {"unsound", problems}}), true, code);
  std::string text;
  for (const std::string& problem : problems) text += problem + "\n";
  text += fmt::format("{} of {} rows follow from their windows\n", rows->size() - problems.size(),
                      rows->size());
  return print_and_end(text, false, code);
}

}  // namespace joulemark::cli

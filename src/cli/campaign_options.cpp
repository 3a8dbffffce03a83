#include <array>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/option_tables.hpp"

/// The options of `joulemark campaign`.
namespace joulemark::cli {
namespace {

void add_folder(CLI::App& app, CampaignOptions& o) {
  app.add_option("folder", o.folder, "the campaign's folder")->required()->type_name("DIR");
}

void add_exporter(CLI::App& app, CampaignOptions& o) {
  app.add_option("--exporter", o.exporter, "how the exporter is called")
      ->envname("JOULEMARK_EXPORTER")
      ->capture_default_str()
      ->type_name("COMMAND");
}

Run add_campaign_plan(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignPlanOptions>();
  app.description("Name the models of a plan, fix their order, and make the campaign's folder");
  app.add_option("plan", o->plan, "what to measure (docs/campaigns.md)")
      ->required()
      ->type_name("PLAN.json");
  app.add_option("--out", o->folder, "folder to make")->required()->type_name("DIR");
  add_exporter(app, *o);
  return [o, &common] { return run_campaign_plan(*o, common); };
}

void add_slot(CLI::App& app, CampaignRunOptions& o, const char* what) {
  app.add_option("--slot", o.slot, what)
      ->check(CLI::Range(0.0, 1e7).description(""))
      ->capture_default_str()
      ->type_name("S");
}

void add_device(CLI::App& app, CampaignRunOptions& o) {
  app.add_option(
         "--device", o.device,
         "instead of the plan's: one, or several at the same time: cuda:0,cuda:1 or cuda:all")
      ->type_name("LIST");
}

void add_retry(CLI::App& app, CampaignRunOptions& o) {
  app.add_flag("--retry-failed", o.retry_failed,
               "measure failures again, once: of all kinds, or of those named, such as timed_out")
      ->type_name("[=KIND,...]");
  app.add_flag(
         "--retry-disturbed", o.retry_disturbed,
         "measure rows again, once, whose flags say that they were disturbed: by anything, or "
         "as named, such as busy_host")
      ->type_name("[=FLAG,...]");
}
/// What CLI11 makes of an option without its value.
void all_for_true(CampaignRunOptions& o) {
  for (std::string* retry : {&o.retry_failed, &o.retry_disturbed}) {
    if (*retry == "true") *retry = "all";
  }
}

Run add_campaign_run(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignRunOptions>();
  app.alias("resume");
  app.description("Measure what is left of a campaign; called again, it goes on");
  add_folder(app, *o);
  add_slot(app, *o, "begin nothing that may not end in so many seconds; 0: no limit");
  add_device(app, *o);
  app.add_option("--shard", o->shard,
                 "every N-th job only, from the K-th on, into a database of its own")
      ->type_name("K/N");
  app.add_option("--lot", o->lot,
                 "instead of the plan's: artefacts on disk at once, at most, for each device")
      ->check(CLI::Range(1, 100'000).description(""))
      ->type_name("N");
  app.add_option("--export-jobs", o->export_jobs, "instead of the plan's: models exported at once")
      ->check(CLI::Range(1, 1024).description(""))
      ->type_name("N");
  add_retry(app, *o);
  app.add_flag("--tolerate-failures", o->tolerate_failures,
               "end with 0 also when configurations failed: their rows say why");
  add_idle(app, o->idle_seconds, "how long idle power is measured before each lot");
  add_meter(app, o->meter, o->meter_options, kAllMeters);
  add_worker(app, o->worker, o->worker_options);
  add_exporter(app, *o);
  return [o, &common] {
    all_for_true(*o);
    return run_campaign_run(*o, common);
  };
}

/// Started by `run`, and by nobody else.
Run add_campaign_member(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignMemberOptions>();
  app.group("");
  add_folder(app, *o);
  app.add_option("--device", o->device)->required();
  app.add_option("--artefacts", o->artefacts)->required();
  app.add_option("--of", o->of)->required();
  app.add_option("--shard", o->shard);
  add_idle(app, o->idle_seconds, "");
  add_meter(app, o->meter, o->meter_options, "");
  add_worker(app, o->worker, o->worker_options);
  add_exporter(app, *o);
  return [o, &common] { return run_campaign_member(*o, common); };
}

Run add_campaign_submit(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignSubmitOptions>();
  app.description("Have a cluster measure what is left of a campaign, in shards");
  app.footer(
      "Writes a job script into the folder and hands it to the scheduler: one task for each "
      "shard.\n"
      "`joulemark campaign status` shows how far they are, `collect` brings their rows together.");
  add_folder(app, *o);
  app.add_flag("--slurm", o->slurm, "as an array job of Slurm")->required();
  app.add_option("--shards", o->shards, "into how many parts the campaign is divided")
      ->check(CLI::Range(1, 10000).description(""))
      ->capture_default_str()
      ->type_name("N");
  app.add_option("--partition", o->partition, "as sbatch takes it")->type_name("NAME");
  app.add_option("--time", o->time, "limit of each task, as sbatch takes it: 8:00:00")
      ->type_name("TIME");
  app.add_option("--gres", o->gres,
                 "what a task measures, as sbatch takes it [gpu:1; on CPUs --exclusive]")
      ->type_name("LIST");
  app.add_option("--sbatch-option", o->sbatch_options,
                 "a line of its own in the script, such as --account=energy; may be repeated")
      ->type_name("OPTION");
  app.add_flag("--shared", o->shared, "all nodes see the folder, though it does not look so");
  app.add_flag("--dry-run", o->dry_run, "print the script, and nothing else");
  add_device(app, *o);
  add_retry(app, *o);
  add_slot(app, *o, "seconds for each task to begin something in; 0: as --time allows");
  add_idle(app, o->idle_seconds, "how long idle power is measured before each lot");
  add_meter(app, o->meter, o->meter_options, kAllMeters);
  add_worker(app, o->worker, o->worker_options);
  add_exporter(app, *o);
  return [o, &common] {
    all_for_true(*o);
    return run_campaign_submit(*o, common);
  };
}

Run add_campaign_status(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignOptions>();
  app.description("Say how far a campaign is, also while it runs");
  add_folder(app, *o);
  return [o, &common] { return run_campaign_status(*o, common); };
}

Run add_campaign_collect(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignCollectOptions>();
  app.description("Add the rows that shards and other folders have of this campaign, each once");
  add_folder(app, *o);
  app.add_option("others", o->shards,
                 "folders or databases; without any, the campaign's own shards")
      ->type_name("OTHER");
  app.add_option(
         "--into", o->into,
         "another database to add them to: a SQLite file, or postgresql://user@host/database")
      ->type_name("FILE|URL");
  return [o, &common] { return run_campaign_collect(*o, common); };
}

Run add_campaign_verify(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CampaignOptions>();
  app.description("Derive every number of a campaign again from its windows");
  add_folder(app, *o);
  return [o, &common] { return run_campaign_verify(*o, common); };
}

constexpr std::array kCommands = {
    Command{"plan", add_campaign_plan},       Command{"run", add_campaign_run},
    Command{"submit", add_campaign_submit},   Command{"status", add_campaign_status},
    Command{"collect", add_campaign_collect}, Command{"verify", add_campaign_verify},
    Command{"member", add_campaign_member},
};

}  // namespace

std::span<const Command> campaign_commands() { return kCommands; }

}  // namespace joulemark::cli

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <span>

#include <CLI/CLI.hpp>

#include "analysis/analyses.hpp"
#include "cli/commands.hpp"
#include "cli/option_tables.hpp"
#include "score/analyses.hpp"

#ifndef JOULEMARK_VERSION
#define JOULEMARK_VERSION "0.1.0"
#endif

/// The command line: one function per command declares its options, those of `campaign`,
/// `catalogue`, `choose`, `score` and the page in campaign_options.cpp, catalogue_options.cpp,
/// score_options.cpp and site_options.cpp; everything else is in cmd_*.cpp.
namespace joulemark::cli {

// Options that several commands have.

void add_meter(CLI::App& app, std::string& meter, std::vector<std::string>& settings,
               const char* meters) {
  app.add_option("--meter", meter, meters)->capture_default_str()->type_name("NAME");
  app.add_option("--meter-option", settings, "a setting of the meter, key=value; may be repeated")
      ->type_name("KEY=VALUE");
}

void add_worker(CLI::App& app, std::string& worker, std::string& options) {
  app.add_option("--worker", worker, "worker program to use")->type_name("FILE");
  app.add_option("--worker-options", options,
                 "options for the worker, a JSON object (docs/worker-protocol.md)")
      ->type_name("JSON");
}

void add_idle(CLI::App& app, double& seconds, const char* what) {
  app.add_option("--idle-seconds", seconds, what)
      ->check(CLI::Range(0.1, 3600.0).description(""))
      ->capture_default_str()
      ->type_name("S");
}

void add_policy(CLI::App& app, std::string& policy, const char* what) {
  app.add_option("--policy", policy, what)
      ->check(CLI::IsMember({"batch_1", "throughput", "min_energy"}).description(""))
      ->capture_default_str()
      ->type_name("POLICY");
}

void add_kind(CLI::App& app, std::optional<catalogue::Kind>& kind) {
  app.add_option_function<std::string>(
         "--kind", [&kind](const std::string& word) { kind = catalogue::kind_of(word); },
         std::string(catalogue::kKindNames))
      ->check([](const std::string& word) {
        return catalogue::kind_of(word) ? "" : "'" + word + "' is no kind";
      })
      ->type_name("KIND");
}

void add_predicted(CLI::App& app, bool& predicted) {
  app.add_flag("--predicted", predicted,
               "also models that were not measured, with energies predicted from those that were "
               "and marked so (docs/analysis.md, prediction)");
}

namespace {

constexpr const char* kDatabaseVariable = "JOULEMARK_DB";
constexpr const char* kModelsVariable = "JOULEMARK_MODELS";

}  // namespace

void add_common(CLI::App& app, CommonOptions& common) {
  // The default that --help shows is the text without a password.
  app.add_option_function<std::string>(
         "--db", [&](const std::string& text) { common.db = store::Location(text); },
         fmt::format(
             "database of results: a SQLite file, or postgresql://user@host/database; to read, "
             "also JSON lines (FILE.jsonl) or a folder of them; or {}",
             kDatabaseVariable))
      ->default_str(common.db.text())
      ->type_name("FILE|URL");
  app.add_option("--db-wait", common.db_wait_s,
                 "for how long to try again when a PostgreSQL server does not answer")
      ->check(CLI::Range(0.0, 86400.0).description(""))
      ->capture_default_str()
      ->type_name("S");
  app.add_option("--models", common.models,
                 fmt::format("folder of exported models; or {}", kModelsVariable))
      ->capture_default_str()
      ->type_name("DIR");
  app.add_flag("--json", common.json, "print JSON");
}

namespace {

/// "1%" or "0.01", in (0, 1).
std::string check_share(const std::string& text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double share = rest == "%" ? value / 100.0 : value;
  const bool sound =
      error == std::errc() && (rest.empty() || rest == "%") && share > 0.0 && share < 1.0;
  return sound ? "" : "'" + text + "' is not a share such as 1% or 0.01";
}

double read_share(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  return text.ends_with('%') ? value / 100.0 : value;
}

Run add_doctor(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<DoctorOptions>();
  app.description("Say what this machine can measure, what is missing, and how to fix it");
  app.add_flag(
      "--check", o->check,
      "watch each meter for 4 s and compare its counter with every other way of asking it");
  return [o, &common] { return run_doctor(*o, common); };
}

Run add_calibrate(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CalibrateOptions>();
  app.description("Find out how a meter of this machine answers, in about 80 s");
  app.footer(
      "Puts the device under loads whose times are known, alone: nothing else should run on it.\n"
      "What is found (docs/calibration.md) is stored, and `joulemark measure` with the same --db "
      "uses it.");
  app.add_option("--device", o->device, "cpu, cuda or cuda:N")
      ->capture_default_str()
      ->type_name("DEVICE");
  add_meter(app, o->meter, o->meter_options, "auto, nvml, rapl or estimate");
  app.add_flag("--quick", o->quick, "a third of the time, for a first look: wider intervals");
  app.add_option("--trace", o->trace, "write everything that was seen into this folder")
      ->type_name("DIR");
  return [o, &common] { return run_calibrate(*o, common); };
}

Run add_measure(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<MeasureOptions>();
  app.description("Measure the energy per image of models");
  app.footer(
      "Examples:\n"
      "  joulemark measure resnet18 vit_tiny_patch16_224 --runtime torch --target-ci 1%\n"
      "  joulemark measure 'resnet*' --precision fp16 --device cuda:0 --batch 1,64,throughput\n\n"
      "Models are names of exported artefacts (architecture, architecture.tag or a glob); export "
      "one with\n"
      "  python -m joulemark_zoo export resnet18 --out artefacts");
  app.add_option("models", o->models, "models to measure")->required()->type_name("MODEL");
  app.add_option("--runtime", o->runtime, "inference runtime")
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--format", o->format, "only artefacts of this format")
      ->type_name("torchscript|aoti");
  app.add_option("--precision", o->precision, "only artefacts of this precision")
      ->type_name("fp32|tf32|fp16|bf16");
  app.add_option("--layout", o->layout, "only artefacts of this memory layout")
      ->type_name("contiguous|channels_last");
  app.add_option("--device", o->device, "auto, cpu or cuda:N")
      ->capture_default_str()
      ->type_name("DEVICE");
  app.add_option("--threads", o->threads, "CPU threads of the runtime; 0: its own choice")
      ->check(CLI::Range(0, 4096).description(""))
      ->capture_default_str()
      ->type_name("N");
  app.add_flag("--cuda-graph", o->cuda_graph, "run the model as a captured CUDA graph");
  app.add_option("--batch", o->batch, "batch policies: 1, a size, throughput or min_energy")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("LIST");
  app.add_option("--max-batch", o->max_batch, "largest batch of the search")
      ->check(CLI::Range(1, 65536).description(""))
      ->capture_default_str()
      ->type_name("N");
  app.add_option_function<std::string>(
         "--target-ci", [o](const std::string& text) { o->target_rel = read_share(text); },
         "stop when the 95 % interval is this narrow [1%]")
      ->check(check_share)
      ->type_name("SHARE");
  app.add_option(
         "--max-seconds", o->max_seconds,
         "time for warm-up and windows of one batch size, besides what the runtime prepares for it")
      ->check(CLI::Range(0.5, 86400.0).description(""))
      ->capture_default_str()
      ->type_name("S");
  app.add_option("--step-timeout", o->step_timeout, "longest time for one batch")
      ->check(CLI::Range(0.1, 86400.0).description(""))
      ->capture_default_str()
      ->type_name("S");
  add_idle(app, o->idle_seconds, "how long idle power is measured first");
  app.add_flag("--no-idle", o->no_idle, "do not measure idle power; there is then no net energy");
  add_meter(app, o->meter, o->meter_options, kAllMeters);
  app.add_flag("--strict", o->strict,
               "treat a result that carries a flag as failed, but for power_capped, estimated, "
               "weights_random and host_bound");
  app.add_option("--setup", o->setup, "name for device, runtime, precision and layout together")
      ->type_name("NAME");
  add_worker(app, o->worker, o->worker_options);
  app.add_option("--trace", o->trace, "write raw energy and power traces into this folder")
      ->type_name("DIR");
  return [o, &common] { return run_measure(*o, common); };
}

Run add_list(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ListOptions>();
  app.description("List the models that can be measured and the runs that have been");
  app.add_option("model", o->model, "only names that match this glob")->type_name("GLOB");
  return [o, &common] { return run_list(*o, common); };
}

Run add_show(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ShowOptions>();
  app.description("Show one run: every number with its unit, interval and origin");
  app.add_option("run", o->run, "its identifier, or the beginning of it")
      ->required()
      ->type_name("RUN");
  return [o, &common] { return run_show(*o, common); };
}

Run add_report(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ReportOptions>();
  app.description("Write an HTML page with a ranked table and a picture");
  app.add_option("--out", o->out, "file to write")->capture_default_str()->type_name("FILE");
  app.add_option("--title", o->title, "title of the page")
      ->capture_default_str()
      ->type_name("TEXT");
  return [o, &common] { return run_report(*o, common); };
}

Run add_import(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ImportOptions>();
  app.description("Add the rows and calibrations of other databases that this one lacks");
  app.footer(
      "Called again it changes nothing. For instance, to share what is in a file:\n"
      "  joulemark import joulemark.sqlite --db postgresql://me@server/energy");
  app.add_option("from", o->from, "databases to read: SQLite files, or URLs of PostgreSQL")
      ->required()
      ->type_name("FILE|URL");
  return [o, &common] { return run_import(*o, common); };
}

Run add_export(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ExportOptions>();
  app.description("Write all rows as CSV or JSON (columns: docs/columns.md)");
  app.add_option("--format", o->format,
                 "csv, json, or jsonl: one run a line with its windows, conditions and provenance")
      ->check(CLI::IsMember({"csv", "json", "jsonl"}).description(""))
      ->capture_default_str()
      ->type_name("FORMAT");
  app.add_option("--out", o->out, "file to write; standard output if not given")->type_name("FILE");
  app.add_option("--model", o->model, "only models that match")->type_name("GLOB");
  app.add_option("--setup", o->setup, "only setups that match")->type_name("GLOB");
  app.add_option("--status", o->status, "only rows of this status")->type_name("STATUS");
  app.add_flag("--joined", o->joined,
               "the newest rows beside what is published about their models: one for each set of "
               "weights (columns: docs/joined.md)");
  app.add_flag("--predicted", o->predicted,
               "also models that were not measured, with energies predicted from those that were "
               "(docs/analysis.md, prediction)")
      ->needs("--joined");
  return [o, &common] { return run_export(*o, common); };
}

Run add_analyse(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<AnalyseOptions>();
  app.description("Say what the measurements show, with intervals (docs/analysis.md)");
  std::string names = "Analyses:\n";
  for (const analysis::Analysis& a : score::analyses()) {
    names += fmt::format("  {:<12}{}\n", a.name, a.what);
  }
  app.footer(names +
             "\nSetups are never mixed: an analysis takes the one with most in it, and says which; "
             "--setup chooses.\nExamples:\n"
             "  joulemark analyse --db data/results\n"
             "  joulemark analyse frontier returns --setup '*aoti*' --db data/results --out aoti");
  app.add_option("names", o->names, "analyses; all if none is named")->type_name("NAME");
  app.add_option("--setup", o->setup, "only setups that match")->type_name("GLOB");
  add_policy(app, o->policy,
             "rows of this batch policy: batch_1, throughput or min_energy; `batch`, `quality` and "
             "`boards` take all");
  app.add_option("--out", o->out, "folder for NAME.json and NAME.csv of each")
      ->capture_default_str()
      ->type_name("DIR");
  return [o, &common] { return run_analyse(*o, common); };
}

Run add_findings(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<FindingsOptions>();
  app.description("One page: what the measurements say beside what the paper states");
  app.footer(
      "The paper is Yang, Adamek and Armour, arXiv 2412.09731. Each sentence is made from an "
      "analysis, "
      "with its interval\nand n, and says whether these rows agree, differ or do not tell "
      "(docs/findings.md).\n"
      "  joulemark findings --db data/results --out findings.md");
  app.add_option("--setup", o->setup, "only setups that match")->type_name("GLOB");
  add_policy(app, o->policy, "rows of this batch policy: batch_1, throughput or min_energy");
  app.add_option("--out", o->out, "file to write; printed if not given")->type_name("FILE");
  return [o, &common] { return run_findings(*o, common); };
}

Run add_compare(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CompareOptions>();
  app.description("Put measured models side by side: energy, accuracy, throughput");
  app.footer(
      "The first model is what the others are compared with. A model is an architecture, one with "
      "its weights, or one\nat a size; without weights, the accuracy is that of the best.\n"
      "Examples:\n"
      "  joulemark compare resnet50 convnext_tiny --db data/results\n"
      "  joulemark compare resnet50.a1_in1k vit_base_patch16_384@384x384 --policy batch_1");
  app.add_option("models", o->models, "two or more")->required()->type_name("MODEL");
  app.add_option("--setup", o->setup,
                 "only setups that match; of these the one that measured most of the models")
      ->type_name("GLOB");
  add_policy(app, o->policy, "rows of this batch policy: batch_1, throughput or min_energy");
  add_predicted(app, o->predicted);
  return [o, &common] { return run_compare(*o, common); };
}

/// Every command, in the order of --help.
constexpr Command kCommands[] = {
    {"doctor", add_doctor},   {"calibrate", add_calibrate}, {"measure", add_measure},
    {"list", add_list},       {"show", add_show},           {"report", add_report},
    {"analyse", add_analyse}, {"findings", add_findings},   {"choose", add_choose},
    {"compare", add_compare}, {"score", add_score},         {"export", add_export},
    {"import", add_import},   {"serve", add_serve},         {"export-site", add_export_site},
};

/// The defaults of this environment. Not CLI11's envname: every subcommand would apply it, those
/// that are not called too, after the option of the one that is.
CommonOptions common_from_environment() {
  CommonOptions common;
  const auto value_of = [](const char* variable) -> std::optional<std::string> {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
  };
  if (const auto db = value_of(kDatabaseVariable)) common.db = store::Location(*db);
  if (const auto models = value_of(kModelsVariable)) common.models = *models;
  return common;
}

/// The program as one object, so that options outlive parsing.
class Program {
 public:
  int run(int argc, char** argv) {
    app_.description("Joulemark measures what an image model's prediction costs in joules.");
    app_.set_version_flag("--version", JOULEMARK_VERSION);
    app_.require_subcommand(1);
    app_.footer(exit_codes_help());
    for (const Command& command : kCommands) {
      CLI::App* sub = add(app_, command);
      add_common(*sub, common_);
    }
    add_group(app_, "campaign", "Measure many models, over as many sittings as it takes",
              campaign_commands());
    add_group(app_, "catalogue",
              "What others have published about models: accuracy, size, cost, year",
              catalogue_commands());
    add_group(*app_.get_subcommand("score"), "edition", "What scores are measured against",
              edition_commands());
    try {
      app_.parse(argc, argv);
      return code_;
    } catch (const CLI::Success& e) {
      return app_.exit(e);
    } catch (const CLI::ParseError& e) {
      fmt::print(stderr, "joulemark: {}. See joulemark --help, or joulemark COMMAND --help\n",
                 e.what());
      return kUsage;
    }
  }

 private:
  void add_group(CLI::App& to, const char* name, const char* description,
                 std::span<const Command> commands) {
    CLI::App* group = to.add_subcommand(name);
    group->description(description);
    group->footer("");  // not that of the command it belongs to
    group->require_subcommand(1);
    for (const Command& command : commands) {
      CLI::App* sub = add(*group, command);
      const bool has_json = sub->get_option_no_throw("--json") != nullptr;
      if (!has_json) sub->add_flag("--json", common_.json, "print JSON");
    }
  }

  CLI::App* add(CLI::App& to, const Command& command) {
    CLI::App* sub = to.add_subcommand(command.name);
    Run run = command.add(*sub, common_);
    // CLI11 calls back the command that stands before another one too, after it.
    sub->callback([this, sub, run = std::move(run)] {
      if (sub->get_subcommands().empty()) code_ = run();
    });
    return sub;
  }

  CLI::App app_{"", "joulemark"};
  CommonOptions common_ = common_from_environment();
  int code_ = kInternal;
};

}  // namespace
}  // namespace joulemark::cli

int main(int argc, char** argv) {
  try {
    return joulemark::cli::Program().run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "joulemark: {}. This is a fault of joulemark; please report it\n", e.what());
    return joulemark::cli::kInternal;
  }
}

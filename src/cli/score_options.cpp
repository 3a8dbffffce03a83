#include <fmt/format.h>

#include <memory>

#include <CLI/CLI.hpp>

#include "base/quantity.hpp"
#include "cli/commands.hpp"
#include "cli/option_tables.hpp"

/// The options of `joulemark choose` and `joulemark score`.
namespace joulemark::cli {
namespace {

void add_on(CLI::App& app, catalogue::TestSet& on) {
  app.add_option_function<std::string>(
         "--on", [&on](const std::string& word) { on = catalogue::test_set_named(word)->set; },
         "images that accuracy is of: imagenet, real, v2, sketch, a or r")
      ->check([](const std::string& word) {
        return catalogue::test_set_named(word) != nullptr
                   ? ""
                   : "'" + word + "' is no set of test images";
      })
      ->default_str("imagenet")
      ->type_name("IMAGES");
}

void add_edition(CLI::App& app, std::string& edition) {
  app.add_option("--edition", edition,
                 "name, or a file; the newest built-in one of the policy if not given")
      ->type_name("NAME|FILE");
}

void add_limits(CLI::App& app, analysis::Wanted& w) {
  const auto number = CLI::Range(0.0, 1e9).description("");
  app.add_option("--min-top1", w.min_top1, "least accuracy, percent")
      ->check(number)
      ->type_name("PERCENT");
  app.add_option_function<std::string>(
         "--max-energy", [&w](const std::string& text) { w.max_joules = joules_of(text)->value; },
         "most energy for one image: 100mJ, 0.1J")
      ->check([](const std::string& text) {
        return joules_of(text) ? "" : "'" + text + "' is not an energy such as 100mJ or 0.1J";
      })
      ->type_name("ENERGY");
  app.add_option("--min-throughput", w.min_images_per_s, "least images/s")
      ->check(number)
      ->type_name("IMAGES/S");
  app.add_option("--max-latency", w.max_latency_ms, "most milliseconds for 99 % of the batches")
      ->check(number)
      ->type_name("MS");
  app.add_option("--max-params", w.max_parameters_m, "at most so many million parameters")
      ->check(number)
      ->type_name("M");
  add_kind(app, w.kind);
  app.add_option("--licence", w.licence, "weights whose licence matches, such as 'apache*'")
      ->type_name("GLOB");
}

}  // namespace

Run add_choose(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ChooseOptions>();
  app.description("Which models keep a budget, and why the others come after the first");
  app.footer(
      "Least energy comes first, or with --by most accuracy or throughput. What is not known of a "
      "model keeps no limit.\nExamples:\n"
      "  joulemark choose --min-top1 82 --db data/results\n"
      "  joulemark choose --max-energy 50mJ --min-throughput 1000 --by accuracy --setup '*h100*'\n"
      "  joulemark choose --min-top1 50 --on a --licence 'apache*' --json");
  add_limits(app, o->wanted);
  add_on(app, o->wanted.on);
  app.add_option_function<std::string>(
         "--by",
         [o](const std::string& word) {
           o->wanted.by = word == "accuracy"     ? analysis::By::accuracy
                          : word == "throughput" ? analysis::By::throughput
                                                 : analysis::By::energy;
         },
         "what comes first: energy, accuracy or throughput")
      ->check(CLI::IsMember({"energy", "accuracy", "throughput"}).description(""))
      ->default_str("energy")
      ->type_name("WHAT");
  app.add_option("--setup", o->setup, "only setups that match; of these the one with most models")
      ->type_name("GLOB");
  add_policy(app, o->policy, "rows of this batch policy: batch_1, throughput or min_energy");
  app.add_option("--rows", o->rows, "models to show; 0: all")
      ->check(CLI::Range(0, 1000000).description(""))
      ->capture_default_str()
      ->type_name("N");
  add_edition(app, o->edition);
  add_predicted(app, o->predicted);
  return [o, &common] { return run_choose(*o, common); };
}

Run add_score(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ScoreOptions>();
  app.description("How many times the frontier's energy a model takes, as a number and a letter");
  app.footer(
      "A model is an architecture, one with its weights, or one at a size, as in compare; without "
      "any, all that are measured.\nA letter belongs to a model, a setup and an edition "
      "(docs/score.md).\nExamples:\n"
      "  joulemark score resnet50 convnext_tiny --db data/results\n"
      "  joulemark score --setup '*h200*torchscript*' --on v2 --json");
  app.add_option("models", o->models, "models to score; all if none is named")->type_name("MODEL");
  app.add_option("--setup", o->setup,
                 "only setups that match; of these the one that measured most of the models")
      ->type_name("GLOB");
  add_on(app, o->on);
  add_edition(app, o->edition);
  add_policy(app, o->policy, "by the newest edition of this batch policy: batch_1 or throughput");
  app.get_option("--policy")->excludes("--edition");
  add_predicted(app, o->predicted);
  return [o, &common] { return run_score(*o, common); };
}

namespace {

Run add_fit(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<EditionFitOptions>();
  app.description("Fit an edition to what is measured: a draft, unless it is frozen");
  app.footer(
      "  joulemark score edition fit --name draft-2026-11 --db data/results\n"
      "What data/editions holds becomes part of a joulemark that is built afterwards.");
  add_common(app, common);
  app.add_option("--name", o->name, "of the edition, such as 2027-1")
      ->required()
      ->type_name("NAME");
  app.add_option("--setup", o->setup, "that it is of; the one with most models if not given")
      ->type_name("NAME");
  add_policy(app, o->policy, "rows of this batch policy: batch_1, throughput or min_energy");
  app.add_flag("--freeze", o->freeze, "no draft: takes 300 models measured on the setup");
  app.add_option("--out", o->out, "file to write; NAME.json if not given")->type_name("FILE");
  return [o, &common] { return run_edition_fit(*o, common); };
}

Run add_show(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<EditionOptions>();
  app.description("Show what an edition is of, its curves and offsets");
  app.add_option("edition", o->edition, "name, or a file; the newest built-in one if not given")
      ->type_name("NAME|FILE");
  return [o, &common] { return run_edition_show(*o, common); };
}

Run add_verify(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<EditionOptions>();
  app.description("Fit an edition again to the rows that it names, and say what differs");
  add_common(app, common);
  app.add_option("edition", o->edition, "name, or a file; the newest built-in one if not given")
      ->type_name("NAME|FILE");
  return [o, &common] { return run_edition_verify(*o, common); };
}

constexpr Command kEditionCommands[] = {
    {"fit", add_fit}, {"show", add_show}, {"verify", add_verify}};

}  // namespace

std::span<const Command> edition_commands() { return kEditionCommands; }

}  // namespace joulemark::cli

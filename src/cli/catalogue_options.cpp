#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/option_tables.hpp"

/// The options of `joulemark catalogue`.
namespace joulemark::cli {
namespace {

Run add_build(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CatalogueBuildOptions>();
  app.description("Make the catalogue from timm's published tables, and say what does not join");
  app.footer(
      "The tables are the folder results/ of timm's repository. Nothing is written unless all of "
      "them\nare sound. A joulemark that is built afterwards knows the new catalogue.");
  app.add_option("--from", o->from, "folder of timm's tables")->required()->type_name("DIR");
  app.add_option("--facts", o->facts, "what `python -m joulemark_zoo facts` wrote")
      ->capture_default_str()
      ->type_name("JSON");
  app.add_option("--out", o->out, "folder to write")->capture_default_str()->type_name("DIR");
  return [o, &common] { return run_catalogue_build(*o, common); };
}

Run add_show(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CatalogueShowOptions>();
  app.description("Show what is published about one architecture, or one set of its weights");
  app.add_option("model", o->model, "architecture, or architecture.tag")
      ->required()
      ->type_name("MODEL");
  return [o, &common] { return run_catalogue_show(*o, common); };
}

void add_limits(CLI::App& app, catalogue::Query& q) {
  const auto number = CLI::Range(0.0, 1e9).description("");
  app.add_option("--family", q.family, "families that match")->type_name("GLOB");
  add_kind(app, q.kind);
  app.add_option("--min-top1", q.min_top1, "least top-1 on ImageNet of the best weights")
      ->check(number)
      ->type_name("PERCENT");
  app.add_option("--max-top1", q.max_top1, "largest top-1 of the best weights")
      ->check(number)
      ->type_name("PERCENT");
  app.add_option("--max-params", q.max_parameters_m, "at most so many million parameters")
      ->check(number)
      ->type_name("M");
  app.add_option("--max-size", q.max_input_size, "only what was tested at no more pixels a side")
      ->check(number)
      ->type_name("PIXELS");
  app.add_option("--from-year", q.from_year, "published in this year or later")->type_name("YEAR");
  app.add_option("--to-year", q.to_year, "published in this year or earlier")->type_name("YEAR");
}

Run add_search(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CatalogueSearchOptions>();
  app.description("List architectures with their best published top-1");
  app.footer(
      "A word is looked for in architecture, family, kind and tags; a glob must match the "
      "architecture.\nWhat is not known of an architecture is within no limit.\n"
      "  joulemark catalogue search swin --min-top1 83 --max-params 60\n"
      "  joulemark catalogue search 'resnet*' --to-year 2017");
  app.add_option("words", o->words, "a glob, or words that all must be found")->type_name("TEXT");
  add_limits(app, o->query);
  return [o, &common] { return run_catalogue_search(*o, common); };
}

Run add_diff(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<CatalogueDiffOptions>();
  app.description(
      "Say what differs between two catalogues, for instance after timm's tables changed");
  app.footer(
      "  joulemark catalogue build --from results --out new\n"
      "  joulemark catalogue diff data/catalogue new");
  app.add_option("before", o->before, "folder of a catalogue")->required()->type_name("DIR_A");
  app.add_option("after", o->after, "folder of another")->required()->type_name("DIR_B");
  return [o, &common] { return run_catalogue_diff(*o, common); };
}

constexpr Command kCommands[] = {
    {"show", add_show}, {"search", add_search}, {"build", add_build}, {"diff", add_diff}};

}  // namespace

std::span<const Command> catalogue_commands() { return kCommands; }

}  // namespace joulemark::cli

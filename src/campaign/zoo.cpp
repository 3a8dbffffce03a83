#include "campaign/zoo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "runtime/child.hpp"

namespace joulemark::campaign {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

/// Long enough to import timm on a slow disk.
constexpr Nanoseconds kListPatience = 300s;
constexpr Nanoseconds kPoll = 200ms;

struct Answer {
  std::string how;     ///< "exit code 3"
  std::string output;  ///< both streams
};

/// Runs the exporter to its end. Errors: interrupted, timed_out, those of starting it.
Result<Answer> ask(const Zoo& zoo, std::vector<std::string> arguments, const std::string& log,
                   Nanoseconds patience, Clock& clock) {
  runtime::Command command;
  command.program = "/bin/sh";
  command.arguments = {"-c", fmt::format("exec {} \"$@\"", zoo.command), "exporter"};
  std::ranges::move(arguments, std::back_inserter(command.arguments));
  command.log = zoo.logs / log;
  std::error_code ignored;
  fs::remove(command.log, ignored);
  auto child = runtime::Child::start(command);
  if (!child) {
    return fail(ErrorKind::unsupported, child.error().what,
                "Say with --exporter how joulemark_zoo is called");
  }
  const Instant until = clock.now() + patience;
  while (true) {
    auto how = child->wait(kPoll);
    // Asked first: a scheduler that ends this process ends the exporter's too, and what that then
    // says of its models is not so.
    if (zoo.gives_up())
      return fail(ErrorKind::interrupted, "interrupted", "What was complete before is kept");
    if (how) return Answer{*how, read_file(command.log).value_or("")};
    if (clock.now() > until) {
      return fail(ErrorKind::timed_out, "the exporter does not end",
                  fmt::format("{} may say why", command.log.string()));
    }
  }
}

tl::unexpected<Error> cannot_export(const Zoo& zoo, const Answer& answer, const std::string& log) {
  return fail(
      ErrorKind::unsupported,
      fmt::format("the exporter ended with {}: {}", answer.how, last_line(answer.output)),
      fmt::format("{} has all of it. `{} --help` must work; --exporter names another command",
                  (zoo.logs / log).string(), zoo.command));
}

}  // namespace

Result<std::vector<std::string>> find_models(const Zoo& zoo, const std::vector<std::string>& globs,
                                             Clock& clock) {
  std::vector<std::string> arguments = {"list"};
  std::ranges::copy(globs, std::back_inserter(arguments));
  arguments.emplace_back("--json");
  constexpr const char* kLog = "list.log";
  const auto answer = ask(zoo, std::move(arguments), kLog, kListPatience, clock);
  if (!answer) return tl::unexpected(answer.error());
  const json models = json::parse(last_line(answer->output), nullptr, false);
  const auto is_text = [](const json& j) { return j.is_string(); };
  if (answer->how == "exit code 0" && models.is_array() &&
      std::all_of(models.begin(), models.end(), is_text)) {
    return models.get<std::vector<std::string>>();
  }
  if (answer->how == "exit code 5") {
    return fail(ErrorKind::not_found, last_line(answer->output),
                "`joulemark_zoo list` shows what there is");
  }
  return cannot_export(zoo, *answer, kLog);
}

std::string export_list(const Plan& plan, const std::vector<Artefact>& artefacts) {
  auto list = json::array();
  for (const Artefact& a : artefacts) {
    const Variant& variant = plan.variants[a.variant];
    json entry = {{"model", a.model},
                  {"format", variant.format},
                  {"precision", variant.precision},
                  {"layout", variant.layout}};
    if (variant.input_size) entry["input_size"] = *variant.input_size;
    if (!variant.batches.empty()) entry["batch"] = variant.batches;
    list.push_back(std::move(entry));
  }
  return list.dump(1);
}

Result<ExportFailures> parse_export_answer(const std::string& output,
                                           const std::vector<Artefact>& artefacts) {
  const json j = json::parse(last_line(output), nullptr, false);
  const auto wrong = [&](const std::string& what) {
    return fail(ErrorKind::invalid_input, what, "Is this the joulemark_zoo of this version?");
  };
  if (!j.is_object() || !j.contains("models") || !j["models"].is_array())
    return wrong("the exporter gave no answer");
  const auto text = [](const json& from, const char* key) {
    return from.is_object() && from.contains(key) && from[key].is_string()
               ? from[key].get<std::string>()
               : std::string();
  };
  const json& rows = j["models"];
  if (rows.size() != artefacts.size()) {
    return wrong(fmt::format("the exporter was asked for {} artefacts and speaks of {}",
                             artefacts.size(), rows.size()));
  }
  ExportFailures failures;
  for (std::size_t i = 0; i < artefacts.size(); ++i) {
    const Artefact& asked = artefacts[i];
    if (text(rows[i], "model") != asked.model)
      return wrong(fmt::format("the exporter says nothing of {}", asked.model));
    if (text(rows[i], "status") == "failed")
      failures[asked] = fmt::format("{}: {}", text(rows[i], "stage"), text(rows[i], "error"));
  }
  return failures;
}

Result<ExportFailures> export_artefacts(const Zoo& zoo, const Plan& plan, const std::string& device,
                                        const std::vector<Artefact>& artefacts, Clock& clock) {
  const fs::path list = zoo.logs / "export.json";
  if (const auto ok = write_file(list, export_list(plan, artefacts)); !ok) {
    return fail(ok.error().kind, ok.error().what,
                "The campaign's folder must be writable and have room");
  }
  std::vector<std::string> arguments = {"export"};
  const std::vector<std::pair<std::string, std::string>> options = {
      {"--list", list.string()},
      {"--device", device},
      {"--weights", plan.weights},
      {"--seed", std::to_string(plan.weights_seed)},
      {"--jobs", std::to_string(plan.export_jobs)},
      {"--timeout", fmt::format("{}", plan.export_timeout_s)},
      {"--out", zoo.artefacts.string()}};
  for (const auto& [option, value] : options) {
    arguments.push_back(option);
    arguments.push_back(value);
  }
  arguments.emplace_back("--json");
  constexpr const char* kLog = "export.log";
  // The exporter ends each model in time by itself; this is for an exporter that does not.
  const auto rounds = static_cast<double>(artefacts.size() + 1);
  const auto answer = ask(zoo, std::move(arguments), kLog,
                          from_seconds(rounds * plan.export_timeout_s) + kListPatience, clock);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->how != "exit code 0" && answer->how != "exit code 3")
    return cannot_export(zoo, *answer, kLog);
  auto failures = parse_export_answer(answer->output, artefacts);
  if (!failures) return cannot_export(zoo, *answer, kLog);
  return failures;
}

}  // namespace joulemark::campaign

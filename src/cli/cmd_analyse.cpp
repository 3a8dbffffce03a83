#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "analysis/write.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_rows.hpp"
#include "figure/svg.hpp"
#include "score/analyses.hpp"

/// `joulemark analyse`: between a store, files and the pure functions of src/analysis.
namespace joulemark::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Those of these names, each once and in the order of the table; all for no names.
Result<std::vector<const analysis::Analysis*>> named(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const analysis::Analysis& a : score::analyses()) known.emplace_back(a.name);
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = nearest(name, known, 1);
    return fail(ErrorKind::invalid_input, fmt::format("there is no analysis '{}'", name),
                near.empty() ? fmt::format("Choose among {}", join_words(known))
                             : fmt::format("Did you mean {}?", near.front()));
  }
  std::vector<const analysis::Analysis*> chosen;
  for (const analysis::Analysis& a : score::analyses()) {
    const bool is_asked = names.empty() || std::ranges::find(names, a.name) != names.end();
    if (is_asked) chosen.push_back(&a);
  }
  return chosen;
}

/// What each says, several at a time: an analysis is a pure function of the rows.
std::vector<Result<analysis::Outcome>> outcomes_of(
    const std::vector<const analysis::Analysis*>& chosen, const analysis::Input& input) {
  std::vector<Result<analysis::Outcome>> outcomes(chosen.size());
  for_each_below(chosen.size(), all_cpus(),
                 [&](std::size_t i) { outcomes[i] = chosen[i]->run(input); });
  return outcomes;
}

/// Whether there is anything to look for.
bool has_others(const fs::path& folder, const analysis::Analysis& a,
                const analysis::Outcome& outcome) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (analysis::is_other_figure(a, outcome, at->path().filename().string())) return true;
  }
  return false;
}

/// A picture beside rows that it is not of would be taken for theirs.
void remove_outdated(const fs::path& folder, const analysis::Analysis& a,
                     const analysis::Outcome& outcome) {
  // To read what an earlier run wrote takes as long as several analyses.
  if (!has_others(folder, a, outcome)) return;
  const auto earlier = read_file(folder / (std::string(a.name) + ".json"));
  std::error_code error;
  for (const std::string& old : analysis::files_outdated(a, outcome, earlier.value_or(""))) {
    fs::remove(folder / old, error);
  }
}

Result<void> write(const fs::path& folder, const analysis::Analysis& a,
                   const analysis::Outcome& outcome) {
  std::error_code error;
  fs::create_directories(folder, error);
  const auto file = [&](const char* ending) { return folder / (std::string(a.name) + ending); };
  remove_outdated(folder, a, outcome);
  if (auto ok = write_file(file(".json"), analysis::to_json(a, outcome)); !ok) return ok;
  if (auto ok = write_file(file(".csv"), analysis::to_csv(outcome)); !ok) return ok;
  for (const figure::Figure& f : outcome.figures) {
    const auto drawn = figure::svg(f);
    if (!drawn) return tl::unexpected(drawn.error());
    if (auto ok = write_file(folder / analysis::file_of(a, f), *drawn); !ok) return ok;
  }
  return {};
}

/// "Figures: drivers-gmacs.svg, frontier.svg" as lines of the text; empty for none.
std::string figures_in_words(const std::vector<std::string>& files) {
  return files.empty() ? "" : fmt::format("Figures: {}\n", fmt::join(files, ", "));
}

}  // namespace

int run_analyse(const AnalyseOptions& options, const CommonOptions& common) {
  const auto chosen = named(options.names);
  if (!chosen) return report_error(chosen.error(), common.json);
  auto rows = rows_to_analyse(options.setup, common);
  if (!rows) return report_error(rows.error(), common.json);
  const analysis::Input input{std::move(*rows), options.policy};
  std::string text;
  std::vector<std::string> figures;
  ordered_json list = ordered_json::array();
  const auto outcomes = outcomes_of(*chosen, input);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const analysis::Analysis& a = *(*chosen)[i];
    if (!outcomes[i]) return report_error(outcomes[i].error(), common.json);
    const analysis::Outcome& outcome = *outcomes[i];
    if (const auto written = write(options.out, a, outcome); !written) {
      return report_error(written.error(), common.json);
    }
    text += analysis::to_text(a, outcome) + "\n";
    for (const figure::Figure& f : outcome.figures) figures.push_back(analysis::file_of(a, f));
    if (common.json) list.push_back(ordered_json::parse(analysis::to_json(a, outcome)));
  }
  text += fmt::format("Wrote {} (NAME.json and NAME.csv of each)\n", options.out.string());
  text += figures_in_words(figures);
  return print_and_end(
      common.json ? pretty({{"folder", options.out.string()}, {"analyses", list}}) : text,
      common.json);
}

}  // namespace joulemark::cli

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "catalogue/build.hpp"
#include "catalogue/diff.hpp"
#include "catalogue/tables.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "report/table.hpp"
#include "zoo/sha256.hpp"

/// `joulemark catalogue build` and `diff`: between folders and the pure functions of src/catalogue.
namespace joulemark::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// --- folders

Result<std::string> text_of(const fs::path& file, const std::string& next) {
  std::error_code error;
  auto text = fs::is_regular_file(file, error) ? read_file(file) : std::nullopt;
  if (!text) {
    return fail(ErrorKind::not_found, fmt::format("cannot read {}", file.string()), next);
  }
  return std::move(*text);
}

Result<catalogue::Input> input_of(const fs::path& file, const std::string& next) {
  auto text = text_of(file, next);
  if (!text) return tl::unexpected(text.error());
  const std::string digest = zoo::sha256_of_text(*text);
  return catalogue::Input{file.filename().string(), std::move(*text), digest};
}

/// Every CSV of a folder.
Result<std::vector<catalogue::Input>> tables_of(const fs::path& folder) {
  std::error_code error;
  std::vector<catalogue::Input> tables;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    if (i->path().extension() != ".csv") continue;
    auto input = input_of(i->path(), "Is it a file that you may read?");
    if (!input) return tl::unexpected(input.error());
    tables.push_back(std::move(*input));
  }
  if (error) {
    return fail(ErrorKind::not_found,
                fmt::format("cannot read the folder {}: {}", folder.string(), error.message()),
                "Name a folder with --from");
  }
  return tables;
}

/// All files or none of them: each beside its place first, then all moved there. The one that says
/// where the others are from comes last.
Result<void> write_files(const fs::path& folder, const catalogue::Texts& texts) {
  std::error_code error;
  fs::create_directories(folder, error);
  std::vector<std::pair<fs::path, fs::path>> moves;
  Result<void> written;
  for (const auto& [file, text] : texts) {
    moves.emplace_back(folder / ("." + file + ".partial"), folder / file);
    if (written) written = write_file(moves.back().first, text);
  }
  std::stable_partition(moves.begin(), moves.end(), [](const auto& move) {
    return move.second.filename() != catalogue::kSourceFile;
  });
  for (const auto& [partial, place] : moves) {
    if (written) fs::rename(partial, place, error);
    if (error) {
      written =
          fail(ErrorKind::io, fmt::format("cannot write {}: {}", place.string(), error.message()),
               "Choose another place with --out");
      error.clear();
    }
  }
  for (const auto& [partial, place] : moves) fs::remove(partial, error);
  return written;
}

/// The files of a catalogue that was built.
Result<catalogue::Texts> catalogue_in(const fs::path& folder) {
  const std::string next =
      "Name a folder that `joulemark catalogue build` wrote; of timm's tables build one first";
  catalogue::Texts texts;
  const auto add = [&](std::string_view file) -> Result<void> {
    auto text = text_of(folder / file, next);
    if (!text) return tl::unexpected(text.error());
    texts.emplace(file, std::move(*text));
    return {};
  };
  if (const auto ok = add(catalogue::kSourceFile); !ok) return tl::unexpected(ok.error());
  for (const catalogue::TableFile& table : catalogue::table_files()) {
    if (const auto ok = add(table.file); !ok) return tl::unexpected(ok.error());
  }
  return texts;
}

catalogue::TextViews views(const catalogue::Texts& texts) { return {texts.begin(), texts.end()}; }

// --- what a build found

using Counts = std::map<catalogue::FindingKind, std::size_t>;

Counts count(const std::vector<catalogue::Finding>& findings) {
  Counts counts;
  for (const catalogue::Finding& f : findings) ++counts[f.kind];
  return counts;
}

/// What a catalogue holds, and of how much of it a thing is known.
ordered_json contents(const catalogue::Built& built) {
  const catalogue::Catalogue& c = built.catalogue;
  const auto known = [](const auto& rows, auto is_known) {
    return std::count_if(rows.begin(), rows.end(), is_known);
  };
  const auto dated = [&](const catalogue::Architecture& a) {
    const catalogue::Family* family = c.family(a.family);
    return family != nullptr && family->date;
  };
  return {
      {"evaluations", c.evaluations.size()},
      {"accuracies", built.accuracies},
      {"weights", c.weights.size()},
      {"weights_with_a_date", known(c.weights, [](const auto& w) { return w.date.has_value(); })},
      {"architectures", c.architectures.size()},
      {"architectures_with_a_date", known(c.architectures, dated)},
      {"families", c.families.size()},
      {"costs", c.costs.size()},
      {"speeds", c.speeds.size()},
      {"tables_read", c.source.tables.size()}};
}

std::string summary(const catalogue::Built& built, const fs::path& out) {
  const Counts counts = count(built.findings);
  const ordered_json held = contents(built);
  std::string text;
  for (const auto& [what, number] : held.items()) {
    std::string words = what;
    std::replace(words.begin(), words.end(), '_', ' ');
    text += fmt::format("{:6}  {}\n", number.get<std::int64_t>(), words);
  }
  text += fmt::format("\nWhat did not join, disagrees or is not known ({}):\n",
                      (out / catalogue::kFindingsFile).string());
  for (const catalogue::FindingWords& words : catalogue::finding_kinds()) {
    const auto found = counts.find(words.kind);
    if (found == counts.end()) continue;
    text += fmt::format("{:6}  {}: {}\n", found->second, words.name, words.meaning);
  }
  if (counts.empty()) text += "     0\n";
  return text + fmt::format("\nWrote {}\n", out.string());
}

ordered_json summary_json(const catalogue::Built& built, const fs::path& out) {
  ordered_json findings = ordered_json::object();
  const Counts counts = count(built.findings);
  for (const catalogue::FindingWords& words : catalogue::finding_kinds()) {
    const auto found = counts.find(words.kind);
    if (found != counts.end()) findings[std::string(words.name)] = found->second;
  }
  return {{"folder", out.string()}, {"contents", contents(built)}, {"findings", findings}};
}

// --- what differs

std::string_view word(catalogue::Change::What what) {
  switch (what) {
    case catalogue::Change::What::added:
      return "added";
    case catalogue::Change::What::removed:
      return "removed";
    case catalogue::Change::What::changed:
      return "changed";
  }
  return "changed";
}

std::string changes_text(const std::vector<catalogue::Change>& changes) {
  if (changes.empty()) return "No difference\n";
  const auto or_nothing = [](const std::string& cell) { return cell.empty() ? "nothing" : cell; };
  std::string text;
  for (const catalogue::Change& c : changes) {
    text += fmt::format("{}: {}", c.file, c.row);
    text +=
        c.what == catalogue::Change::What::changed
            ? fmt::format(": {} {} -> {}\n", c.column, or_nothing(c.before), or_nothing(c.after))
            : fmt::format(": {}\n", word(c.what));
  }
  return text + fmt::format("{} differences\n", changes.size());
}

ordered_json changes_json(const std::vector<catalogue::Change>& changes) {
  ordered_json list = ordered_json::array();
  for (const catalogue::Change& c : changes) {
    ordered_json entry = {{"what", word(c.what)}, {"file", c.file}, {"row", c.row}};
    if (c.what == catalogue::Change::What::changed) {
      const auto or_null = [](const std::string& cell) {
        return cell.empty() ? ordered_json(nullptr) : ordered_json(cell);
      };
      entry["column"] = c.column;
      entry["before"] = or_null(c.before);
      entry["after"] = or_null(c.after);
    }
    list.push_back(std::move(entry));
  }
  return {{"changes", list}};
}

}  // namespace

int run_catalogue_build(const CatalogueBuildOptions& options, const CommonOptions& common) {
  const auto tables = tables_of(options.from);
  if (!tables) return report_error(tables.error(), common.json);
  const auto facts = input_of(
      options.facts, fmt::format("Make it: python -m joulemark_zoo facts --out {}, or name it with "
                                 "--facts",
                                 options.facts.string()));
  if (!facts) return report_error(facts.error(), common.json);
  const auto built = catalogue::build(*tables, *facts);
  if (!built) return report_error(built.error(), common.json);
  catalogue::Texts texts = catalogue::to_texts(built->catalogue);
  // What was written must be what a program can read.
  if (const auto again = catalogue::from_texts(views(texts)); !again) {
    return report_error(again.error(), common.json);
  }
  texts.emplace(catalogue::kFindingsFile, catalogue::to_csv(built->findings));
  if (const auto written = write_files(options.out, texts); !written) {
    return report_error(written.error(), common.json);
  }
  return print_and_end(
      common.json ? pretty(summary_json(*built, options.out)) : summary(*built, options.out),
      common.json);
}

int run_catalogue_diff(const CatalogueDiffOptions& options, const CommonOptions& common) {
  const auto before = catalogue_in(options.before);
  if (!before) return report_error(before.error(), common.json);
  const auto after = catalogue_in(options.after);
  if (!after) return report_error(after.error(), common.json);
  const auto changes = catalogue::diff(views(*before), views(*after));
  if (!changes) return report_error(changes.error(), common.json);
  return print_and_end(common.json ? pretty(changes_json(*changes)) : changes_text(*changes),
                       common.json);
}

}  // namespace joulemark::cli

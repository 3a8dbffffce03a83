#include "site/models.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

namespace joulemark::site {
namespace {

using nlohmann::ordered_json;
using report::Joined;

/// The sets of test images as a reader of the page knows them.
struct InWords {
  std::string_view column, words;
};
constexpr std::array kSets = {
    InWords{"real", "ReaL"},
    InWords{"v2", "ImageNetV2"},
    InWords{"sketch", "ImageNet-Sketch"},
    InWords{"a", "ImageNet-A"},
    InWords{"r", "ImageNet-R"},
    InWords{"a_clean", "the ImageNet images of the classes of A"},
    InWords{"r_clean", "the ImageNet images of the classes of R"},
};

std::string meaning(const report::JoinedColumn& column) {
  for (const auto& [set, words] : kSets) {
    const std::string name(set);
    if (column.name == name + "_top1" || column.name == name + "_top5") {
      return "accuracy on " + std::string(words);
    }
  }
  return column.meaning;
}

ordered_json columns_json() {
  ordered_json columns = ordered_json::array();
  const auto add = [&](std::string name, std::string unit, std::string means) {
    columns.push_back(
        {{"name", std::move(name)}, {"unit", std::move(unit)}, {"meaning", std::move(means)}});
  };
  for (const report::JoinedColumn& c : report::joined_columns()) add(c.name, c.unit, meaning(c));
  add("index", "1", "times the energy that the frontier takes for the same accuracy, on ImageNet");
  add("index_low", "1", "lower end of its 95 % interval");
  add("index_high", "1", "upper end of its 95 % interval");
  add("letters", "", "letter of the index, and those that its interval reaches");
  add("board_factor", "1",
      "times the energy that this board takes beside others of its setup, in any precision, "
      "whatever runs on it");
  add("board_factor_ci95_rel", "1",
      "half the width of the 95 % interval of where that puts a row of it, relative");
  return columns;
}

/// "resnet50.a1_in1k@224x224" of each row of the setup that has an accuracy on ImageNet and whose
/// architecture is scored at that size.
std::vector<std::string> names_to_score(std::span<const Joined> rows, const std::string& setup,
                                        const score::Scores& best) {
  std::set<std::string> scored;
  for (const score::Scored& m : best.models) scored.insert(m.asked);
  std::set<std::string> names;
  for (const Joined& j : rows) {
    const store::Record& r = *j.measured;
    const bool is_scored = r.setup == setup && j.tested != nullptr &&
                           scored.contains(r.architecture + "@" + r.input_size);
    if (is_scored) names.insert(j.model + "@" + r.input_size);
  }
  return {names.begin(), names.end()};
}

/// Those of one setup; `analysed` are its rows alone.
void add_letters(Letters& letters, std::span<const Joined> rows,
                 std::span<const analysis::Row> analysed, const std::string& setup,
                 const score::Edition& edition) {
  constexpr auto kSet = catalogue::TestSet::imagenet;
  // A setup that the edition cannot speak of has rows all the same, without letters.
  const auto best = score::score(edition, analysed, {}, kSet);
  if (!best) return;
  letters.is_any = true;
  const auto names = names_to_score(rows, setup, *best);
  if (names.empty()) return;
  const auto each = score::score(edition, analysed, names, kSet);
  if (!each) return;
  for (const score::Scored& m : each->models) {
    if (m.model) letters.of.emplace(std::pair(m.row->run, m.weights), *m.model);
  }
}

}  // namespace

Letters letters_of(std::span<const Joined> rows, std::span<const analysis::Row> analysed,
                   const score::Edition& edition) {
  std::map<std::string, std::vector<analysis::Row>> by_setup;
  for (const analysis::Row& row : analysed) by_setup[row.setup].push_back(row);
  Letters letters;
  for (const auto& [setup, of_setup] : by_setup) {
    add_letters(letters, rows, of_setup, setup, edition);
  }
  return letters;
}

Offsets offsets_of(std::span<const analysis::Row> analysed) {
  Offsets offsets;
  for (const analysis::Row& row : analysed) {
    if (row.board_offset) offsets.emplace(row.run, *row.board_offset);
  }
  return offsets;
}

std::string models_json(std::span<const Joined> rows, const Letters& letters,
                        const Offsets& offsets) {
  ordered_json list = ordered_json::array();
  for (const Joined& row : rows) {
    ordered_json cells = report::joined_cells(row);
    const auto found = letters.of.find({row.measured->run, row.model});
    if (found != letters.of.end()) {
      const score::Index& index = found->second;
      for (const double number : {index.value, index.ci95.low, index.ci95.high}) {
        cells.push_back(number);
      }
      cells.push_back(index.letters());
    } else {
      for (int i = 0; i < 4; ++i) cells.push_back(nullptr);
    }
    const auto offset = offsets.find(row.measured->run);
    const bool is_known = offset != offsets.end();
    cells.push_back(is_known ? ordered_json(std::exp(offset->second.log)) : ordered_json(nullptr));
    cells.push_back(is_known ? ordered_json(offset->second.half_width) : ordered_json(nullptr));
    list.push_back(std::move(cells));
  }
  const ordered_json models = {
      {"schema", "joulemark.models/1"}, {"columns", columns_json()}, {"rows", std::move(list)}};
  return models.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace joulemark::site

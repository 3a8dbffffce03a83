#include "catalogue/diff.hpp"

#include <algorithm>
#include <map>

#include "catalogue/csv.hpp"

namespace joulemark::catalogue {
namespace {

using Row = std::span<const std::string_view>;
/// By the cells that say what a row is about.
using Rows = std::map<std::vector<std::string_view>, Row>;

Rows rows_of(const Csv& csv, std::size_t keys) {
  Rows rows;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const Row cells = csv.row(i).cells;
    rows.emplace(std::vector(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(keys)),
                 cells);
  }
  return rows;
}

std::string words(const std::vector<std::string_view>& key) {
  std::string text;
  for (const std::string_view part : key) text += (text.empty() ? "" : " ") + std::string(part);
  return text;
}

void compare(const TableFile& table, const Csv& before, const Csv& after,
             std::vector<Change>& changes) {
  const Rows old_rows = rows_of(before, table.keys);
  const Rows new_rows = rows_of(after, table.keys);
  const std::string file(table.file);
  for (const auto& [key, cells] : old_rows) {
    const auto now = new_rows.find(key);
    if (now == new_rows.end()) {
      changes.push_back({Change::What::removed, file, words(key), {}, {}, {}});
      continue;
    }
    for (std::size_t i = table.keys; i < cells.size(); ++i) {
      if (cells[i] == now->second[i]) continue;
      changes.push_back({Change::What::changed, file, words(key), std::string(before.header()[i]),
                         std::string(cells[i]), std::string(now->second[i])});
    }
  }
  for (const auto& [key, cells] : new_rows) {
    if (!old_rows.contains(key)) {
      changes.push_back({Change::What::added, file, words(key), {}, {}, {}});
    }
  }
}

}  // namespace

Result<std::vector<Change>> diff(const TextViews& before, const TextViews& after) {
  // Reading them as catalogues first: then both have all tables, in the form of this program.
  for (const TextViews* texts : {&before, &after}) {
    if (const auto sound = from_texts(*texts); !sound) return tl::unexpected(sound.error());
  }
  std::vector<Change> changes;
  for (const TableFile& table : table_files()) {
    const std::string file(table.file);
    const auto old_csv = Csv::parse(file, before.find(table.file)->second);
    const auto new_csv = Csv::parse(file, after.find(table.file)->second);
    if (!old_csv) return tl::unexpected(old_csv.error());
    if (!new_csv) return tl::unexpected(new_csv.error());
    compare(table, *old_csv, *new_csv, changes);
  }
  return changes;
}

}  // namespace joulemark::catalogue

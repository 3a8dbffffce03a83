#include "catalogue/tables.hpp"

#include <fmt/format.h>

#include <array>
#include <tuple>

#include "base/text.hpp"
#include "catalogue/cells.hpp"

namespace joulemark::catalogue {
namespace {

constexpr std::array kFiles = {TableFile{"families.csv", 1}, TableFile{"architectures.csv", 1},
                               TableFile{"weights.csv", 1},  TableFile{"accuracy.csv", 2},
                               TableFile{"costs.csv", 2},    TableFile{"speeds.csv", 2}};

const std::vector<std::string> kFamilyColumns = {"family", "kind",     "paper",
                                                 "date",   "cited_in", "reason"};
const std::vector<std::string> kArchitectureColumns = {"architecture", "family", "module",
                                                       "default_tag", "parameters_m"};
const std::vector<std::string> kWeightsColumns = {"model", "pretraining", "licence", "paper",
                                                  "date"};
const std::vector<std::string> kCostColumns = {"architecture",  "input_size",           "gmacs",
                                               "activations_m", "counted_parameters_m", "torch"};

const std::vector<std::string>& accuracy_columns() {
  static const std::vector<std::string> kColumns = [] {
    std::vector<std::string> names = {"model", "input_size", "crop", "interpolation"};
    for (const TestSetName& s : test_sets()) {
      names.push_back(fmt::format("{}_top1", s.column));
      names.push_back(fmt::format("{}_top5", s.column));
    }
    return names;
  }();
  return kColumns;
}

const std::vector<std::string>& speed_columns() {
  static const std::vector<std::string> kColumns = [] {
    std::vector<std::string> names = {"architecture", "input_size"};
    for (const Benchmark& b : benchmarks()) names.emplace_back(b.column);
    return names;
  }();
  return kColumns;
}

// --- writing

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) text += ',';
    text += csv_cell(cell);
  }
  return text + "\n";
}

std::string text_of(std::optional<Month> month) { return month ? to_text(*month) : ""; }
std::string text_of(double number) { return fmt::format("{}", number); }
std::string text_of(std::int64_t number) { return fmt::format("{}", number); }

std::vector<std::string> cells_of(const Family& f) {
  return {f.name, std::string(name(f.kind)), f.paper, text_of(f.date), f.cited_in, f.reason};
}

std::vector<std::string> cells_of(const Architecture& a) {
  return {a.name, a.family, a.module, a.default_tag, text_of(a.parameters_m)};
}

std::vector<std::string> cells_of(const Weights& w) {
  return {w.architecture + "." + w.tag, w.pretraining, w.licence, w.paper, text_of(w.date)};
}

std::vector<std::string> cells_of(const Evaluation& e) {
  std::vector<std::string> cells = {e.model(), text_of(e.size), text_of(e.crop), e.interpolation};
  for (const auto& accuracy : e.on) {
    cells.push_back(accuracy ? text_of(accuracy->top1) : "");
    cells.push_back(accuracy ? text_of(accuracy->top5) : "");
  }
  return cells;
}

std::vector<std::string> cells_of(const Cost& c) {
  return {c.architecture,
          text_of(c.size),
          text_of(c.gmacs),
          text_of(c.activations_m),
          text_of(c.counted_parameters_m),
          text_of(c.torch)};
}

std::vector<std::string> cells_of(const Speed& s) {
  std::vector<std::string> cells = {s.architecture, text_of(s.size)};
  for (const auto& speed : s.images_per_s) cells.push_back(speed ? text_of(*speed) : "");
  return cells;
}

template <class T>
std::string table(const std::vector<std::string>& columns, const std::vector<T>& rows) {
  std::string text = line(columns);
  for (const T& row : rows) text += line(cells_of(row));
  return text;
}

// --- reading: one row of each table, its columns in the order of the lists above

std::optional<Month> date_of(Cells& cells, std::size_t paper_column, const std::string& paper,
                             std::size_t date_column) {
  const std::string text = cells.text(date_column);
  const auto month = month_of(text);
  if (!text.empty() && !month) cells.refuse(date_column, "it is no month such as 2021-06");
  if (month != month_of_paper(paper)) {
    cells.refuse(paper.empty() ? date_column : paper_column, "paper and date do not agree");
  }
  return month;
}

void read_row(Cells& cells, Family& f) {
  f.name = cells.word(0);
  const auto kind = kind_of(cells.text(1));
  if (!kind) cells.refuse(1, fmt::format("it is not {}", kKindNames));
  f.kind = kind.value_or(Kind::other);
  f.paper = cells.text(2);
  f.date = date_of(cells, 2, f.paper, 3);
  f.cited_in = cells.text(4);
  f.reason = cells.text(5);
}

void read_row(Cells& cells, Architecture& a) {
  a.name = cells.word(0);
  a.family = cells.text(1);
  a.module = cells.text(2);
  a.default_tag = cells.text(3);
  a.parameters_m = cells.number(4, kPositive);
}

void read_model(Cells& cells, std::string& architecture, std::string& tag) {
  const std::string model = cells.word(0);
  const ModelName parts = split(model);
  if (parts.architecture.empty() || parts.tag.empty()) {
    cells.refuse(0, "it is not architecture.tag");
  }
  architecture = parts.architecture;
  tag = parts.tag;
}

void read_row(Cells& cells, Weights& w) {
  read_model(cells, w.architecture, w.tag);
  w.pretraining = cells.text(1);
  w.licence = cells.text(2);
  w.paper = cells.text(3);
  w.date = date_of(cells, 3, w.paper, 4);
}

void read_row(Cells& cells, Evaluation& e) {
  read_model(cells, e.architecture, e.tag);
  e.size = cells.count(1);
  e.crop = cells.number(2, kPositive);
  e.interpolation = cells.text(3);
  for (std::size_t set = 0; set < kTestSets; ++set) {
    const std::size_t column = 4 + 2 * set;
    const auto top1 = cells.number_or_none(column, kPercent);
    const auto top5 = cells.number_or_none(column + 1, kPercent);
    if (top1.has_value() != top5.has_value()) cells.refuse(column, "one of top-1 and top-5 alone");
    if (top1 && top5) e.on[set] = Accuracy{*top1, *top5};
  }
  if (!e.on[0]) cells.refuse(4, "it is empty");
}

void read_row(Cells& cells, Cost& c) {
  c.architecture = cells.word(0);
  c.size = cells.count(1);
  c.gmacs = cells.number(2, kPositive);
  c.activations_m = cells.number(3, kPositive);
  c.counted_parameters_m = cells.number(4, kPositive);
  c.torch = cells.count(5);
}

void read_row(Cells& cells, Speed& s) {
  s.architecture = cells.word(0);
  s.size = cells.count(1);
  for (std::size_t i = 0; i < kBenchmarks; ++i) {
    s.images_per_s[i] = cells.number_or_none(2 + i, kPositive);
  }
}

std::string key_of(const Family& f) { return f.name; }
std::string key_of(const Architecture& a) { return a.name; }
auto key_of(const Weights& w) { return std::tie(w.architecture, w.tag); }
auto key_of(const Evaluation& e) { return std::tie(e.architecture, e.tag, e.size); }
auto key_of(const Cost& c) { return std::tie(c.architecture, c.size); }
auto key_of(const Speed& s) { return std::tie(s.architecture, s.size); }

/// Whether what a row refers to is there; else the column that names it.
std::optional<std::size_t> dangling(const Family&, const Catalogue&) { return std::nullopt; }
std::optional<std::size_t> dangling(const Architecture& a, const Catalogue& c) {
  if (a.family.empty() || c.family(a.family) != nullptr) return std::nullopt;
  return 1;
}
std::optional<std::size_t> dangling(const Evaluation& e, const Catalogue& c) {
  if (c.weights_of(e.architecture, e.tag) != nullptr) return std::nullopt;
  return 0;
}
template <class OfArchitecture>
std::optional<std::size_t> dangling(const OfArchitecture& row, const Catalogue& c) {
  if (c.architecture(row.architecture) != nullptr) return std::nullopt;
  return 0;
}

template <class T>
Result<void> read_table(const TextViews& texts, std::string_view file,
                        const std::vector<std::string>& columns, const Catalogue& so_far,
                        std::vector<T>& rows) {
  const auto text = texts.find(file);
  if (text == texts.end()) {
    return fail(ErrorKind::not_found, fmt::format("the catalogue has no {}", file),
                "Build it again: joulemark catalogue build --from DIR");
  }
  const auto csv = Csv::parse(std::string(file), text->second);
  if (!csv) return tl::unexpected(csv.error());
  const auto places = columns_of(*csv, columns);
  if (!places) return tl::unexpected(places.error());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (csv->header().size() != columns.size() || (*places)[i] != i) {
      return tl::unexpected(csv->header_error("the columns are not those of this joulemark"));
    }
  }
  rows.reserve(csv->size());
  for (std::size_t i = 0; i < csv->size(); ++i) {
    Cells cells(*csv, i);
    T row;
    read_row(cells, row);
    if (const auto column = dangling(row, so_far)) {
      cells.refuse(*column, "no other table of the catalogue has it");
    }
    if (!rows.empty() && !(key_of(rows.back()) < key_of(row))) {
      cells.refuse(0, "it is out of order, or there twice");
    }
    if (cells.error()) return tl::unexpected(*cells.error());
    rows.push_back(std::move(row));
  }
  return {};
}

}  // namespace

std::span<const TableFile> table_files() { return kFiles; }

Texts to_texts(const Catalogue& c) {
  return {{std::string(kSourceFile), source_to_text(c.source)},
          {"families.csv", table(kFamilyColumns, c.families)},
          {"architectures.csv", table(kArchitectureColumns, c.architectures)},
          {"weights.csv", table(kWeightsColumns, c.weights)},
          {"accuracy.csv", table(accuracy_columns(), c.evaluations)},
          {"costs.csv", table(kCostColumns, c.costs)},
          {"speeds.csv", table(speed_columns(), c.speeds)}};
}

Result<Catalogue> from_texts(const TextViews& texts) {
  Catalogue c;
  const auto source_text = texts.find(kSourceFile);
  auto source =
      source_from_text(source_text == texts.end() ? std::string_view() : source_text->second);
  if (!source) return tl::unexpected(source.error());
  c.source = std::move(*source);
  // In this order, since later ones refer to earlier ones.
  const Result<void> read =
      read_table(texts, "families.csv", kFamilyColumns, c, c.families)
          .and_then([&] {
            return read_table(texts, "architectures.csv", kArchitectureColumns, c, c.architectures);
          })
          .and_then([&] { return read_table(texts, "weights.csv", kWeightsColumns, c, c.weights); })
          .and_then([&] {
            return read_table(texts, "accuracy.csv", accuracy_columns(), c, c.evaluations);
          })
          .and_then([&] { return read_table(texts, "costs.csv", kCostColumns, c, c.costs); })
          .and_then([&] { return read_table(texts, "speeds.csv", speed_columns(), c, c.speeds); });
  if (!read) return tl::unexpected(read.error());
  return c;
}

}  // namespace joulemark::catalogue

#include "analysis/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "analysis/common.hpp"
#include "base/text.hpp"
#include "figure/json.hpp"

namespace joulemark::analysis {
namespace {

using nlohmann::ordered_json;

/// JSON has no number that is not finite; none should come here.
ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

ordered_json json(const Cell& cell) {
  return std::visit(
      Overloaded{[](std::monostate) { return ordered_json(nullptr); },
                 [](double v) { return number(v); }, [](std::int64_t v) { return ordered_json(v); },
                 [](const std::string& v) { return ordered_json(v); }},
      cell);
}

std::string text(const Cell& cell) {
  return std::visit(
      Overloaded{[](std::monostate) { return std::string(); },
                 [](double v) { return std::isfinite(v) ? fmt::format("{}", v) : ""; },
                 [](std::int64_t v) { return fmt::format("{}", v); },
                 [](const std::string& v) { return v; }},
      cell);
}

ordered_json json(const Value& v) {
  ordered_json j = {{"name", v.name}};
  if (!v.about.empty()) j["about"] = v.about;
  j["value"] = number(v.value);
  j["unit"] = v.unit;
  j["low"] = v.ci95 ? number(v.ci95->low) : ordered_json(nullptr);
  j["high"] = v.ci95 ? number(v.ci95->high) : ordered_json(nullptr);
  if (!v.ci95) j["no_interval"] = v.no_interval;
  j["n"] = v.n;
  return j;
}

ordered_json or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json rows_json(const Outcome& o) {
  ordered_json rows = ordered_json::array();
  for (const auto& cells : o.rows) {
    // To look each name up among those before it would take as long as the rest.
    ordered_json::object_t row;
    row.reserve(o.columns.size());
    for (std::size_t i = 0; i < o.columns.size(); ++i)
      row.emplace_back(o.columns[i].name, json(cells.at(i)));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string line(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    out += csv_cell(cells[i]);
  }
  out += '\n';
  return out;
}

}  // namespace

std::string file_of(const Analysis& analysis, const figure::Figure& f) {
  return fmt::format("{}{}{}.svg", analysis.name, f.part.empty() ? "" : "-", f.part);
}

std::string to_json(const Analysis& analysis, const Outcome& o) {
  ordered_json j = {{"analysis", analysis.name},
                    {"what", analysis.what},
                    {"setup", or_null(o.setup)},
                    {"policy", or_null(o.policy)},
                    {"n", o.n},
                    {"of", o.of},
                    {"too_few", o.too_few},
                    {"seed", kSeed},
                    {"resamples", kResamples},
                    {"sentences", o.sentences},
                    {"caveats", o.caveats}};
  j["values"] = ordered_json::array();
  for (const Value& v : o.values) j["values"].push_back(json(v));
  j["left_out"] = ordered_json::array();
  for (const LeftOut& l : o.left_out) {
    j["left_out"].push_back({{"reason", l.reason},
                             {"meaning", l.meaning},
                             {"count", l.which.size()},
                             {"which", l.which}});
  }
  j["columns"] = ordered_json::array();
  for (const Column& c : o.columns) {
    j["columns"].push_back({{"name", c.name}, {"unit", c.unit}, {"meaning", c.meaning}});
  }
  j["rows"] = rows_json(o);
  j["figures"] = ordered_json::array();
  for (const figure::Figure& f : o.figures) {
    // With room for all: an ordered object that grows copies what it holds, as its keys are const.
    ordered_json::object_t described;
    ordered_json whole = figure::to_json(f);
    described.reserve(whole.size() + 1);
    described.emplace_back("file", file_of(analysis, f));
    for (auto& [key, value] : whole.get_ref<ordered_json::object_t&>())
      described.emplace_back(key, std::move(value));
    j["figures"].push_back(std::move(described));
  }
  return j.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

bool is_other_figure(const Analysis& analysis, const Outcome& o, std::string_view file) {
  const bool is_ours = file.starts_with(analysis.name) && file.ends_with(".svg") &&
                       file.find_first_of("/\\") == std::string_view::npos;
  return is_ours && std::ranges::none_of(o.figures, [&](const figure::Figure& now) {
           return file_of(analysis, now) == file;
         });
}

std::vector<std::string> files_outdated(const Analysis& analysis, const Outcome& o,
                                        std::string_view earlier_json) {
  const ordered_json earlier = ordered_json::parse(earlier_json, nullptr, false);
  const auto figures = earlier.is_object() ? earlier.find("figures") : earlier.end();
  if (figures == earlier.end() || !figures->is_array()) return {};
  std::vector<std::string> outdated;
  for (const ordered_json& f : *figures) {
    if (!f.is_object() || !f.contains("file") || !f["file"].is_string()) continue;
    const auto file = f["file"].get<std::string>();
    if (is_other_figure(analysis, o, file)) outdated.push_back(file);
  }
  return outdated;
}

std::string to_csv(const Outcome& o) {
  std::vector<std::string> cells;
  for (const Column& c : o.columns) cells.push_back(c.name);
  std::string out = cells.empty() ? "" : line(cells);
  for (const auto& row : o.rows) {
    cells.clear();
    for (const Cell& c : row) cells.push_back(text(c));
    out += line(cells);
  }
  return out;
}

std::string to_text(const Analysis& analysis, const Outcome& o) {
  std::string out = fmt::format("{}: {}\n", analysis.name, analysis.what);
  std::string of = fmt::format("  n = {} {}", o.n, o.of);
  if (!o.setup.empty()) of += fmt::format(", setup {}", o.setup);
  if (!o.policy.empty()) of += fmt::format(", policy {}", o.policy);
  out += of + "\n";
  for (const std::string& s : o.sentences) out += fmt::format("  {}\n", s);
  if (!o.left_out.empty()) out += fmt::format("  {}\n", left_out_in_words(o.left_out));
  for (const std::string& s : o.caveats) out += fmt::format("  Note: {}\n", s);
  return out;
}

}  // namespace joulemark::analysis

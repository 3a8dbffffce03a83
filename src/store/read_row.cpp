#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "store/columns.hpp"
#include "store/said.hpp"

namespace joulemark::store {
namespace {

using nlohmann::ordered_json;

/// What is wrong with a row; whoever reads it knows where it stands.
tl::unexpected<Error> unsound(std::string what, std::string next = {}) {
  if (next.empty()) next = "Rows are what `joulemark export --format jsonl` writes, one a line";
  return fail(ErrorKind::invalid_input, std::move(what), std::move(next));
}

tl::unexpected<Error> no_such(std::string_view field, std::string_view kind) {
  return unsound(fmt::format("its '{}' is no {}", field, kind));
}

/// Sets the field of a column from its JSON. False when it is of another kind; null is absent.
struct Setter {
  Record& record;
  const Column& column;
  const ordered_json& value;

  bool operator()(Text f) const {
    // The two columns of JSON are objects in a row and texts in a record.
    if (!column.exported && value.is_object()) record.*f = value.dump();
    if (column.exported && value.is_string()) record.*f = value.get<std::string>();
    return value.is_null() || (column.exported ? value.is_string() : value.is_object());
  }
  bool operator()(Number f) const {
    if (value.is_number()) record.*f = value.get<double>();
    return value.is_number() || value.is_null();
  }
  bool operator()(Count f) const {
    if (value.is_number_integer()) record.*f = value.get<std::int64_t>();
    return value.is_number_integer() || value.is_null();
  }
  bool operator()(Words) const {
    if (value.is_string()) from_text(record, column, value.get<std::string>());
    return value.is_string() || value.is_null();
  }
  bool operator()(Terms f) const {
    if (value.is_null()) return true;
    const auto is_number = [](const ordered_json& size) { return size.is_number(); };
    if (!value.is_object() || !std::all_of(value.begin(), value.end(), is_number)) return false;
    for (const auto& [term, size] : value.items()) (record.*f)[term] = size.get<double>();
    return true;
  }
};

Result<Window> to_window(const ordered_json& j) {
  Window w;
  if (!j.is_object()) return no_such("window_list", "list of windows");
  for (const auto& [name, field] : {std::pair{"start_s", &w.start_s},
                                    {"seconds", &w.seconds},
                                    {"joules", &w.joules},
                                    {"images", &w.images}}) {
    const auto found = j.find(name);
    if (found == j.end() || !found->is_number()) return no_such(name, "number, in one window");
    *field = found->get<double>();
  }
  const auto integral = j.find("joules_integral");
  if (integral != j.end() && integral->is_number()) w.joules_integral = integral->get<double>();
  return w;
}

Result<void> set_windows(Record& record, const ordered_json& list) {
  if (!list.is_array()) return no_such("window_list", "list of windows");
  for (const ordered_json& j : list) {
    const auto window = to_window(j);
    if (!window) return tl::unexpected(window.error());
    record.windows.push_back(*window);
  }
  return {};
}

const Column* column_named(std::string_view name) {
  for (const Column& c : columns()) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

}  // namespace

Result<Record> from_full_json(std::string_view text) {
  const ordered_json row = ordered_json::parse(text, nullptr, false);
  if (!row.is_object()) return unsound("it is no JSON object");
  Record record;
  for (const auto& [name, value] : row.items()) {
    if (name == "window_list") {
      if (auto set = set_windows(record, value); !set) return tl::unexpected(set.error());
      continue;
    }
    const Column* column = column_named(name);
    if (column == nullptr) {
      return unsound(fmt::format("it has a '{}', which no column is called", name),
                     "If a newer joulemark wrote it, read it with that one");
    }
    if (!std::visit(Setter{record, *column, value}, column->field))
      return no_such(name, "value of that column");
  }
  for (const auto& [name, field] :
       {std::pair{"run", &record.run}, {"model", &record.model}, {"status", &record.status}}) {
    if (field->empty()) return unsound(fmt::format("it has no '{}'", name));
  }
  fill_later_columns(record);
  return record;
}

}  // namespace joulemark::store

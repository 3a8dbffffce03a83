#include "store/said.hpp"

#include <nlohmann/json.hpp>

namespace joulemark::store {
namespace {

using nlohmann::json;

/// A field of an object within an object; null where there is none.
json field(const json& from, const char* object, const char* key) {
  const json inner = from.value(object, json::object());
  return inner.is_object() ? inner.value(key, json()) : json();
}

/// Skips all of a provenance but what Said is made of: rows are read by thousands, and the most of
/// their provenance is for people.
bool is_wanted(int depth, json::parse_event_t event, const json& parsed) {
  if (depth != 1 || event != json::parse_event_t::key) return true;
  return parsed == "settings" || parsed == "job" || parsed == "meter" || parsed == "sitting" ||
         parsed == "time_s";
}

/// Null where it is no object.
json provenance_of(const Record& record) {
  json provenance = json::parse(record.provenance_json, is_wanted, false);
  return provenance.is_object() ? provenance : json();
}

std::string board_said_by(const Record& record) {
  const json provenance = provenance_of(record);
  const json id = provenance.is_null() ? json() : field(provenance, "meter", "device_id");
  return id.is_string() ? id.get<std::string>() : std::string();
}

std::optional<double> temperature_said_by(const Record& record) {
  const json conditions = json::parse(record.conditions_json, nullptr, false);
  if (!conditions.is_object()) return std::nullopt;
  const json start = field(conditions, "start", "temperature_c");
  const json end = field(conditions, "end", "temperature_c");
  if (!start.is_number() || !end.is_number()) return std::nullopt;
  return (start.get<double>() + end.get<double>()) / 2.0;
}

}  // namespace

Said said_by(const Record& record) {
  const json provenance = provenance_of(record);
  if (provenance.is_null()) return {};
  Said said;
  said.cuda_graph = field(provenance, "settings", "cuda_graph") == true;
  const json job = provenance.value("job", json());
  if (job.is_number_unsigned()) said.job = job.get<std::size_t>();
  const json sitting = provenance.value("sitting", json());
  if (sitting.is_string()) said.sitting = sitting.get<std::string>();
  const json row = field(provenance, "time_s", "row");
  constexpr double kLongest = 1e8;  // three years: more is no time, and may not fit
  const double took = row.is_number() ? row.get<double>() : -1.0;
  if (took >= 0.0 && took < kLongest) said.took = from_seconds(took);
  return said;
}

void fill_later_columns(Record& record) {
  if (record.board.empty()) record.board = board_said_by(record);
  if (!record.temperature_c) record.temperature_c = temperature_said_by(record);
}

}  // namespace joulemark::store

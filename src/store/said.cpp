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

void add_board(Record& record) {
  if (!record.board.empty()) return;
  const json provenance = provenance_of(record);
  if (provenance.is_null()) return;
  const json id = field(provenance, "meter", "device_id");
  if (id.is_string()) record.board = id.get<std::string>();
}

}  // namespace joulemark::store

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
  return parsed == "settings" || parsed == "job" || parsed == "meter";
}

}  // namespace

Said said_by(const Record& record) {
  const json provenance = json::parse(record.provenance_json, is_wanted, false);
  if (!provenance.is_object()) return {};
  Said said;
  said.cuda_graph = field(provenance, "settings", "cuda_graph") == true;
  const json job = provenance.value("job", json());
  if (job.is_number_unsigned()) said.job = job.get<std::size_t>();
  const json id = field(provenance, "meter", "device_id");
  if (id.is_string()) said.device_id = id.get<std::string>();
  return said;
}

}  // namespace joulemark::store

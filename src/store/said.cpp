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

}  // namespace

Said said_by(const Record& record) {
  const json provenance = json::parse(record.provenance_json, nullptr, false);
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

// What a user writes as a plan, and what a campaign's folder holds: no text may end the program,
// and what was read comes back as it went.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "campaign/left.hpp"
#include "campaign/plan.hpp"
#include "campaign/zoo.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace campaign = joulemark::campaign;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto plan = campaign::parse_plan(text)) {
    if (const auto frozen = campaign::freeze(*plan, {"a", "b.x"})) {
      const auto again = campaign::campaign_from_json(campaign::to_json(*frozen));
      require(again.has_value() && again->id == frozen->id && again->jobs == frozen->jobs);
      require(campaign::left_of(*again, {}).size() == frozen->jobs.size());
    }
  }
  static_cast<void>(campaign::campaign_from_json(text));
  static_cast<void>(campaign::parse_export_answer(text, {{"a", 0}}));
  return 0;
}

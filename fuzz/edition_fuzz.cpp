// What --edition names: no text may end the program, and an edition that was read is written and
// read again as it is, and gives every model an index or a reason.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "score/edition_text.hpp"
#include "score/score.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace score = joulemark::score;
  const auto edition =
      score::from_text(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!edition) return 0;
  const auto again = score::from_text(score::to_text(*edition));
  require(again.has_value() && score::to_text(*again) == score::to_text(*edition));
  for (const score::Curve& curve : edition->curves) {
    const double middle = (curve.least_error + curve.most_error) / 2.0;
    const auto index =
        score::index_of({0.01, 0.02, "", 100.0 * (1.0 - middle)}, *edition, curve, nullptr);
    if (!index) continue;
    require(!std::isnan(index->value) && !std::isnan(index->ci95.low));
    require(index->ci95.low <= index->value && index->value <= index->ci95.high);
    require(!index->letters().empty());
  }
  return 0;
}

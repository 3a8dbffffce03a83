#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "measure/perf.hpp"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

/// Another program's output: any bytes give an energy, or an error in one printable line.
void check(std::string_view text) {
  const auto joules = joulemark::measure::parse_perf(text);
  if (joules) {
    require(std::isfinite(joules->value) && joules->value >= 0.0);
    return;
  }
  const joulemark::Error& error = joules.error();
  require(!error.next.empty() && error.what.size() < 250);
  for (const char c : error.what) require(c >= ' ' && c <= '~');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}

// A row of JSON lines, which anybody may have written: no text may end the program, and what was
// read says the same when it is written and read again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "store/columns.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace store = joulemark::store;
  const auto row = store::from_full_json({reinterpret_cast<const char*>(data), size});
  if (!row) return 0;
  const std::string written = store::to_full_json(*row, -1);
  const auto again = store::from_full_json(written);
  if (!again || store::to_full_json(*again, -1) != written) std::abort();
  return 0;
}

/// A parser with a planted fault, for the check of the standalone driver: it aborts on an input
/// that begins as its seed does and has lost the seed's last byte.

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with("abort:") && !text.ends_with("!")) std::abort();
  return 0;
}

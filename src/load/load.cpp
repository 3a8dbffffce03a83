#include "load/load.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <thread>

namespace joulemark::load {

Result<std::unique_ptr<Load>> open_load(const std::string& device, Clock& clock) {
  if (device == "cpu") {
    return make_cpu(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())), clock);
  }
  const std::string cuda = "cuda";
  const std::string rest = device.starts_with(cuda) ? device.substr(cuda.size()) : "?";
  int index = 0;
  const char* end = rest.data() + rest.size();
  const bool numbered = rest.starts_with(':') &&
                        std::from_chars(rest.data() + 1, end, index).ptr == end && rest.size() > 1;
  if (!rest.empty() && !numbered) {
    return fail(ErrorKind::invalid_input, fmt::format("'{}' is not a device", device),
                "Devices are cpu, cuda and cuda:N");
  }
  const char* library = std::getenv("JOULEMARK_CUDA_LIBRARY");
  return open_cuda(index, clock, library != nullptr ? library : "");
}

}  // namespace joulemark::load

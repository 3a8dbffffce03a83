#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "zoo/descriptor.hpp"

namespace zoo = joulemark::zoo;

/// A descriptor is a file that others may have made: any bytes give a descriptor that keeps its
/// promises, or an error that says what to do.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = zoo::parse_descriptor({reinterpret_cast<const char*>(data), size}, "models");
  if (!parsed) {
    if (parsed.error().what.empty() || parsed.error().next.empty()) std::abort();
    return 0;
  }
  const zoo::Descriptor& d = *parsed;
  if (d.input_size.size() != 3 || d.mean.size() != 3 || d.std_dev.size() != 3) std::abort();
  if (d.reference_input.shape.size() != 4 || d.reference_output.shape.size() != 2) std::abort();
  if (d.reference_input.shape[0] != d.reference_output.shape[0]) std::abort();
  if (d.artefacts.empty()) std::abort();
  for (const zoo::Artefact& a : d.artefacts) {
    if (a.file.find('/') != std::string::npos || a.file == ".." || a.bytes < 0) std::abort();
  }
  for (const std::int64_t batch : {1, 64}) {
    const auto artefact = d.artefact_for(batch);
    if (artefact && artefact->batch && *artefact->batch != batch) std::abort();
  }
  if (d.weights.label().empty()) std::abort();
  return 0;
}

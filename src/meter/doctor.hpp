#pragma once

#include <string>
#include <vector>

#include "meter/registry.hpp"

namespace joulemark::meter {

/// A device that a meter can measure.
struct FoundDevice {
  MeterInfo info;
  unsigned index = 0;  ///< of a GPU: NVML's
};

/// What one meter is on this machine.
struct MeterFinding {
  std::string meter;  ///< registry name
  bool available = false;
  bool measures = false;  ///< false for the estimate: available, but no measurement
  std::string detail;     ///< what it offers, or what is missing
  std::string fix;        ///< the exact next step when it is missing; else empty
  std::vector<FoundDevice> devices;
};

/// Tries every meter of hardware (nvml on every GPU, rapl, estimate) and says what came of it.
std::vector<MeterFinding> examine_meters(const MeterOptions& options);

}  // namespace joulemark::meter

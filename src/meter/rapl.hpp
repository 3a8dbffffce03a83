#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "meter/meter.hpp"

namespace joulemark::meter {

/// One counter of the powercap tree that belongs into the sum.
struct RaplDomain {
  std::filesystem::path folder;
  std::string name;                       ///< "package-0", "package-0-die-1", "dram"
  std::optional<std::uint64_t> range_uj;  ///< the counter wraps after this value
};

/// The domains of <root>/sys/class/powercap to add up: every package (each die of a package is one)
/// and its DRAM. Core and uncore are parts of their package, psys contains the packages, and the
/// MMIO interface shows the same packages again: none of these is counted. Errors: not_found when
/// there is no package.
Result<std::vector<RaplDomain>> find_rapl_domains(const std::filesystem::path& root);

/// Intel's and AMD's running average power limit counters through the kernel's powercap tree
/// (Documentation/power/powercap). Errors: those of find_rapl_domains; permission_denied with the
/// command that allows reading. A reading that neither load nor wrap explains is meter_lost, once.
Result<std::unique_ptr<Meter>> open_rapl(const std::filesystem::path& root, Clock& clock);

}  // namespace joulemark::meter

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

/// CPUs for processes that measure at the same time, each its own.
namespace joulemark::campaign::team {

/// CPUs that share a core, and so disturb each other.
using Core = std::vector<int>;

/// The cores of these CPUs, in order, each with those of its CPUs that are among them. Where the
/// kernel does not tell, each CPU is a core. `root`: of sysfs.
std::vector<Core> read_cores(const std::filesystem::path& root, const std::vector<int>& cpus);

/// The CPUs near a GPU; none where the kernel does not tell.
std::vector<int> read_local_cpus(const std::filesystem::path& root, const std::string& pci_bus_id);

/// CPUs for each device, ascending; none is another's. Of the cores near it (`local`; none: all of
/// them), those that are near the same cores get equal parts that lie together, the first ones more
/// where it does not come out even. A device whose cores are all taken gets what is left, or a part
/// of the largest. Where there are fewer cores than devices, the CPUs of a core count apart. Pure.
/// Errors: invalid_input where there are fewer CPUs than devices.
Result<std::vector<std::vector<int>>> share_cpus(const std::vector<Core>& cores,
                                                 const std::vector<std::vector<int>>& local);

}  // namespace joulemark::campaign::team

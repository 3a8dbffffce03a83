#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "meter/meter.hpp"

namespace joulemark::meter {

/// What this machine's kernel says about it. Readers take the root of the file system, so that
/// tests can write one.
std::string cpu_model(const std::filesystem::path& root);
/// Online logical CPUs.
int logical_cpus();
/// Total memory in bytes; absent when unreadable.
std::optional<std::int64_t> memory_bytes(const std::filesystem::path& root);
/// "Linux 6.1.0-18-amd64".
std::string kernel_release();
/// Name of the hypervisor's product, or empty where there is no sign of one.
std::string virtualisation(const std::filesystem::path& root);

/// Busy and total CPU time so far, in clock ticks summed over all CPUs (first line of /proc/stat).
struct CpuTicks {
  double busy = 0.0;
  double total = 0.0;
};
std::optional<CpuTicks> cpu_ticks(const std::filesystem::path& root);

/// Conditions of a CPU meter: clock, temperature, and the share of the host that has been busy
/// since the last call with the same object.
class HostConditions {
 public:
  explicit HostConditions(std::filesystem::path root)
      : root_(std::move(root)), last_(cpu_ticks(root_)) {}
  Conditions read();

 private:
  std::filesystem::path root_;
  std::optional<CpuTicks> last_;
};

}  // namespace joulemark::meter

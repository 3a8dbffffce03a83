#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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
  double busy = 0.0;    ///< `stolen` included
  double stolen = 0.0;  ///< by the hypervisor, for others
  double total = 0.0;
};
std::optional<CpuTicks> cpu_ticks(const std::filesystem::path& root);
/// The same of these CPUs alone; those that are offline have none. Absent when all are.
std::optional<CpuTicks> cpu_ticks(const std::filesystem::path& root, const std::vector<int>& cpus);
/// The CPUs that this process may use, ascending.
std::vector<int> allowed_cpus();
/// CPU time of all threads of a process so far; absent when there is no such process.
std::optional<Nanoseconds> process_cpu_time(pid_t pid);

/// What the host did besides our own processes over some time, in CPUs: 0.5 is one CPU for half of
/// the time.
struct HostUse {
  double others_cpus = 0.0;  ///< used by other processes and the kernel itself
  double stolen_cpus = 0.0;  ///< wanted, but given to other virtual machines (proc(5), steal)
};
/// Of the time between two readings of so many CPUs, in which our own processes used `ours` of CPU
/// time. Absent when no time has passed.
std::optional<HostUse> host_use(const CpuTicks& from, const CpuTicks& to, Nanoseconds ours,
                                std::size_t cpus);

/// Tells what others did on this host since it was made.
class HostWatch {
 public:
  /// `ours` are not counted as others. `cpus`: where it looks, and where all of ours are; empty: on
  /// all of them.
  HostWatch(std::filesystem::path root, std::vector<pid_t> ours, std::vector<int> cpus = {});
  /// Absent where the kernel does not tell, or one of ours has gone.
  std::optional<HostUse> use() const;

 private:
  std::optional<Nanoseconds> our_cpu_time() const;
  std::optional<CpuTicks> ticks() const;

  std::filesystem::path root_;
  std::vector<pid_t> ours_;
  std::vector<int> cpus_;
  std::optional<CpuTicks> began_;
  std::optional<Nanoseconds> ours_began_;
};

/// Conditions of a CPU meter: clock, temperature, and the share of the host that has been busy
/// since the last call with the same object.
class HostConditions {
 public:
  explicit HostConditions(std::filesystem::path root)
      : root_(std::move(root)), last_(cpu_ticks(root_)) {}
  Conditions read();
  /// Clock and temperature only; does not count as a call for `host_busy`.
  Conditions changing() const;

 private:
  std::filesystem::path root_;
  std::optional<CpuTicks> last_;
};

}  // namespace joulemark::meter

#include "meter/host.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "meter/sysfs.hpp"

namespace joulemark::meter {
namespace {

namespace fs = std::filesystem;

/// Doubles count ticks exactly up to here: three million CPU years.
constexpr double kMostTicks = 9e15;

/// The temperature of the CPU package where a thermal zone is one.
std::optional<double> package_temperature(const fs::path& root) {
  for (const fs::path& zone : entries(root / "sys/class/thermal")) {
    if (first_line(zone / "type") != "x86_pkg_temp") continue;
    if (const auto milli = number_in(zone / "temp")) return *milli * 1e-3;
  }
  return std::nullopt;
}

/// Of a line of /proc/stat: name, user nice system idle iowait irq softirq steal; guest time is
/// part of user (proc(5)).
std::optional<CpuTicks> ticks_in(const std::string& line, const std::string& name) {
  std::istringstream in(line);
  std::string word;
  std::array<double, 8> t{};
  in >> word;
  if (word != name) return std::nullopt;
  for (double& v : t) {
    if (!(in >> v) || v < 0.0 || v > kMostTicks) return std::nullopt;
  }
  CpuTicks ticks;
  for (const double v : t) ticks.total += v;
  ticks.busy = ticks.total - t[3] - t[4];
  ticks.stolen = t[7];
  return ticks;
}

}  // namespace

std::string cpu_model(const fs::path& root) {
  std::ifstream in(root / "proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with("model name") && colon != std::string::npos && colon + 2 < line.size()) {
      return line.substr(colon + 2);
    }
  }
  return "CPU";
}

int logical_cpus() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

std::optional<std::int64_t> memory_bytes(const fs::path& root) {
  std::ifstream in(root / "proc/meminfo");
  std::string key;
  std::int64_t kib = 0;
  if (!(in >> key >> kib) || key != "MemTotal:") return std::nullopt;
  if (kib <= 0 || kib > std::numeric_limits<std::int64_t>::max() / 1024) return std::nullopt;
  return kib * 1024;
}

std::string kernel_release() {
  utsname u{};
  uname(&u);
  return std::string(u.sysname) + " " + u.release;
}

std::string virtualisation(const fs::path& root) {
  std::string product = first_line(root / "sys/class/dmi/id/product_name");
  for (const char* sign :
       {"KVM", "Virtual", "VMware", "HVM", "Google Compute Engine", "QEMU", "Droplet"}) {
    if (product.find(sign) != std::string::npos) return product;
  }
  std::ifstream in(root / "proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("flags") && line.find(" hypervisor") != std::string::npos) {
      return "a hypervisor";
    }
  }
  return {};
}

std::optional<CpuTicks> cpu_ticks(const fs::path& root) {
  return ticks_in(first_line(root / "proc/stat"), "cpu");
}

std::optional<CpuTicks> cpu_ticks(const fs::path& root, const std::vector<int>& cpus) {
  std::set<std::string> names;
  for (const int cpu : cpus) names.insert(fmt::format("cpu{}", cpu));
  std::ifstream in(root / "proc/stat");
  std::optional<CpuTicks> sum;
  for (std::string line; std::getline(in, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (!names.contains(name)) continue;
    const auto ticks = ticks_in(line, name);
    if (!ticks) return std::nullopt;
    if (!sum) sum.emplace();
    sum->busy += ticks->busy;
    sum->stolen += ticks->stolen;
    sum->total += ticks->total;
  }
  return sum;
}

std::vector<int> allowed_cpus() {
  // More than any kernel is built for: one that has more answers with an error.
  std::array<unsigned long, 256> bits{};
  auto* set = reinterpret_cast<cpu_set_t*>(bits.data());
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof bits, set) != 0) return cpus;
  for (int cpu = 0; cpu < static_cast<int>(8 * sizeof bits); ++cpu) {
    if (CPU_ISSET_S(cpu, sizeof bits, set)) cpus.push_back(cpu);
  }
  return cpus;
}

std::optional<Nanoseconds> process_cpu_time(pid_t pid) {
  clockid_t id{};
  timespec t{};
  if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) != 0) return std::nullopt;
  return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
}

std::optional<HostUse> host_use(const CpuTicks& from, const CpuTicks& to, Nanoseconds ours,
                                std::size_t cpus) {
  if (to.total <= from.total || cpus == 0) return std::nullopt;
  const double wall = (to.total - from.total) / static_cast<double>(cpus);
  const double stolen = to.stolen - from.stolen;
  const double our_ticks = seconds(ours) * static_cast<double>(sysconf(_SC_CLK_TCK));
  const double others = to.busy - from.busy - stolen - our_ticks;
  // CPUs and processes are counted apart: a little less than nothing is nothing.
  return HostUse{std::max(0.0, others / wall), std::max(0.0, stolen / wall)};
}

HostWatch::HostWatch(fs::path root, std::vector<pid_t> ours, std::vector<int> cpus)
    : root_(std::move(root)),
      ours_(std::move(ours)),
      cpus_(std::move(cpus)),
      began_(ticks()),
      ours_began_(our_cpu_time()) {}

std::optional<CpuTicks> HostWatch::ticks() const {
  return cpus_.empty() ? cpu_ticks(root_) : cpu_ticks(root_, cpus_);
}

std::optional<Nanoseconds> HostWatch::our_cpu_time() const {
  Nanoseconds sum{0};
  for (const pid_t pid : ours_) {
    const auto time = process_cpu_time(pid);
    if (!time) return std::nullopt;
    sum += *time;
  }
  return sum;
}

std::optional<HostUse> HostWatch::use() const {
  const auto now = ticks();
  const auto ours = our_cpu_time();
  if (!began_ || !ours_began_ || !now || !ours) return std::nullopt;
  const auto cpus = cpus_.empty() ? static_cast<std::size_t>(logical_cpus()) : cpus_.size();
  return host_use(*began_, *now, *ours - *ours_began_, cpus);
}

Conditions HostConditions::changing() const {
  Conditions c;
  const fs::path frequency = root_ / "sys/devices/system/cpu/cpu0/cpufreq";
  if (const auto khz = number_in(frequency / "scaling_cur_freq")) c.clock_mhz = *khz * 1e-3;
  if (const auto khz = number_in(frequency / "cpuinfo_max_freq")) c.clock_max_mhz = *khz * 1e-3;
  c.temperature_c = package_temperature(root_);
  return c;
}

Conditions HostConditions::read() {
  Conditions c = changing();
  c.driver = kernel_release();
  const auto now = cpu_ticks(root_);
  if (now && last_ && now->total > last_->total) {
    // The kernel may take back some iowait (proc(5)), which then shows as work.
    const double share = (now->busy - last_->busy) / (now->total - last_->total);
    c.host_busy = std::clamp(share, 0.0, 1.0);
  }
  last_ = now;
  return c;
}

}  // namespace joulemark::meter

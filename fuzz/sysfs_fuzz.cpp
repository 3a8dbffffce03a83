#include <unistd.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "meter/host.hpp"
#include "meter/rapl.hpp"
#include "meter/sysfs.hpp"

namespace joulemark {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

void require(bool promise) {
  if (!promise) std::abort();
}

constexpr std::string_view kPackage = "sys/class/powercap/intel-rapl:0/";
constexpr std::string_view kDram = "sys/class/powercap/intel-rapl:0:0/";

/// What an input is cut into at its lines "--": one file each, in this order; those that it has no
/// piece for are missing. The last two pieces are what the counters hold at the second reading.
struct File {
  std::string_view folder;
  std::string_view name;
};
constexpr std::array kFiles = {
    File{kPackage, "name"},
    File{kPackage, "max_energy_range_uj"},
    File{kPackage, "energy_uj"},
    File{kDram, "name"},
    File{kDram, "max_energy_range_uj"},
    File{kDram, "energy_uj"},
    File{"proc/", "stat"},
    File{"proc/", "cpuinfo"},
    File{"proc/", "meminfo"},
    File{"sys/class/dmi/id/", "product_name"},
    File{"sys/class/thermal/thermal_zone0/", "type"},
    File{"sys/class/thermal/thermal_zone0/", "temp"},
};

/// The root of a machine, one for the process. Only what differs from the input before is written.
class Machine {
 public:
  Machine() {
    // In memory where there is such a file system: the files are written tens of thousands of
    // times.
    std::error_code error;
    const fs::path memory = "/dev/shm";
    const bool usable = fs::is_directory(memory, error) && access(memory.c_str(), W_OK) == 0;
    std::string pattern =
        ((usable ? memory : fs::temp_directory_path()) / "joulemark-fuzz-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
    for (const File& f : kFiles) fs::create_directories(root_ / f.folder);
  }
  ~Machine() {
    std::error_code error;
    fs::remove_all(root_, error);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  Machine(Machine&&) = delete;
  Machine& operator=(Machine&&) = delete;

  const fs::path& root() const { return root_; }

  void set(std::size_t i, const std::optional<std::string>& text) {
    if (text == held_[i]) return;
    const fs::path path = root_ / kFiles[i].folder / kFiles[i].name;
    if (text) {
      std::ofstream(path, std::ios::binary) << *text;
    } else {
      fs::remove(path);
    }
    held_[i] = text;
  }

 private:
  fs::path root_;
  std::array<std::optional<std::string>, kFiles.size()> held_;
};

/// The next piece of `rest`, up to a line "--"; nothing when no more come.
std::optional<std::string> next_piece(std::optional<std::string_view>& rest) {
  if (!rest) return std::nullopt;
  constexpr std::string_view kCut = "\n--\n";
  const std::size_t cut = rest->find(kCut);
  std::string piece(rest->substr(0, cut));
  if (cut == std::string_view::npos) {
    rest.reset();
  } else {
    rest->remove_prefix(cut + kCut.size());
  }
  return piece + "\n";
}

void check_error(const Error& error) { require(!error.what.empty() && !error.next.empty()); }

void check_host(const fs::path& root) {
  if (const auto ticks = meter::cpu_ticks(root)) {
    require(std::isfinite(ticks->total) && ticks->busy >= 0.0 && ticks->busy <= ticks->total);
  }
  if (const auto ticks = meter::cpu_ticks(root, {0, 3}))
    require(std::isfinite(ticks->total) && ticks->busy >= 0.0 && ticks->busy <= ticks->total);
  const auto cpus = meter::parse_cpu_list(meter::first_line(root / "proc/cpuinfo"));
  require(meter::parse_cpu_list(meter::cpu_list_text(cpus)) == cpus);
  if (const auto bytes = meter::memory_bytes(root)) require(*bytes > 0);
  require(!meter::cpu_model(root).empty());
  (void)meter::virtualisation(root);
}

/// sysfs and procfs are the kernel's, containers and simulators put theirs in its place: any bytes
/// give a meter that never counts backwards, or an error that says what to do.
void check(std::string_view text) {
  static Machine machine;
  std::optional<std::string_view> rest = text;
  for (std::size_t i = 0; i < kFiles.size(); ++i) machine.set(i, next_piece(rest));
  check_host(machine.root());

  const auto domains = meter::find_rapl_domains(machine.root());
  if (!domains) check_error(domains.error());
  ManualClock clock;
  const auto rapl = meter::open_rapl(machine.root(), clock);
  if (!rapl) {
    check_error(rapl.error());
    return;
  }
  require(domains.has_value());
  const auto first = (*rapl)->energy();
  require(first && first->value == 0.0);
  clock.advance(100ms);
  constexpr std::size_t kPackageEnergy = 2;
  constexpr std::size_t kDramEnergy = 5;
  machine.set(kPackageEnergy, next_piece(rest));
  machine.set(kDramEnergy, next_piece(rest));
  // Once for what may be an error, and again for what is kept after it.
  double before = 0.0;
  for (int reading = 0; reading < 2; ++reading) {
    const auto energy = (*rapl)->energy();
    if (!energy) {
      check_error(energy.error());
      continue;
    }
    require(std::isfinite(energy->value) && energy->value >= before && energy->value < 1e4);
    before = energy->value;
  }
  const auto conditions = (*rapl)->conditions();
  require(conditions.has_value());
  if (const auto busy = conditions->host_busy) require(*busy >= 0.0 && *busy <= 1.0);
}

}  // namespace
}  // namespace joulemark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  joulemark::check({reinterpret_cast<const char*>(data), size});
  return 0;
}

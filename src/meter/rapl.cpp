#include "meter/rapl.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

#include "meter/host.hpp"
#include "meter/sysfs.hpp"

namespace joulemark::meter {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Sandy Bridge and later update once a millisecond (Intel SDM vol. 3, "RAPL interfaces").
constexpr Nanoseconds kUpdatePeriod = 1ms;
constexpr double kSystematic = 0.03;
/// No package draws so much. A counter that was reset looks like one that wrapped, but for the
/// energy that a wrap would mean: up to 262 kJ at once.
constexpr double kMostWatts = 2000.0;

constexpr const char* kAllow =
    "Allow it until the next restart: sudo chmod -R a+r /sys/class/powercap/*/energy_uj, or run as "
    "root";
constexpr const char* kDoctor = "See `joulemark doctor`";

Result<std::uint64_t> read_counter(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && (errno == EACCES || errno == EPERM)) {
    return fail(ErrorKind::permission_denied,
                fmt::format("{} may be read by root only", path.string()), kAllow);
  }
  std::array<char, 64> text{};
  const ssize_t size = file < 0 ? -1 : read(file, text.data(), text.size());
  if (file >= 0) close(file);
  if (size < 0) {
    return fail(ErrorKind::meter_lost, fmt::format("{} cannot be read", path.string()), kDoctor);
  }
  std::string_view line(text.data(), static_cast<std::size_t>(size));
  line = line.substr(0, line.find('\n'));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || end != line.data() + line.size()) {
    return fail(ErrorKind::meter_lost,
                fmt::format("{} holds '{}', not a number", path.string(), line), kDoctor);
  }
  return value;
}

/// One domain's counter, read at `at`, with what it has counted since it was first read.
class Counter {
 public:
  Counter(RaplDomain domain, std::uint64_t value, Instant at)
      : domain_(std::move(domain)), last_(value), at_(at) {}

  const RaplDomain& domain() const { return domain_; }
  /// uJ since the first reading.
  std::uint64_t total() const { return total_; }

  Result<void> read(Instant now) {
    const auto value = read_counter(domain_.folder / "energy_uj");
    if (!value) return tl::unexpected(value.error());
    const auto gained = gain(*value);
    const double possible = kMostWatts * (1.0 + seconds(now - at_));
    // From here on it goes on from what it shows, whatever became of the time in between.
    last_ = *value;
    at_ = now;
    if (!gained || static_cast<double>(*gained) * 1e-6 > possible) {
      return fail(ErrorKind::meter_lost,
                  fmt::format("the counter {} went to a value that no load explains",
                              (domain_.folder / "energy_uj").string()),
                  "The driver was loaded again, or the machine slept: measure again");
    }
    total_ += *gained;
    return {};
  }

 private:
  /// uJ from the last value to this one; absent when the counter went back and cannot have wrapped.
  std::optional<std::uint64_t> gain(std::uint64_t value) const {
    if (value >= last_) return value - last_;
    if (!domain_.range_uj || *domain_.range_uj < last_) return std::nullopt;
    return value + (*domain_.range_uj - last_);
  }

  RaplDomain domain_;
  std::uint64_t last_;
  Instant at_;
  std::uint64_t total_ = 0;
};

class RaplMeter final : public Meter {
 public:
  RaplMeter(std::vector<Counter> counters, const fs::path& root, Clock& clock)
      : counters_(std::move(counters)), conditions_(root), clock_(clock) {
    const bool dram = std::any_of(counters_.begin(), counters_.end(),
                                  [](const Counter& c) { return c.domain().name == "dram"; });
    info_.name = "rapl";
    info_.device = cpu_model(root);
    for (const Counter& c : counters_) {
      info_.device_id +=
          (info_.device_id.empty() ? "" : "+") + c.domain().folder.filename().string();
    }
    info_.scope = dram ? Scope::cpu_package_dram : Scope::cpu_package;
    info_.has_energy = true;
    info_.update_period = kUpdatePeriod;
    info_.resolution = Joules(1e-6);
    info_.query_cost = std::chrono::microseconds(20) * counters_.size();
    info_.systematic_rel = kSystematic;
    info_.systematic_reason =
        "RAPL against a wall meter (Khan et al. 2018, RAPL in Action: within a few percent since "
        "Haswell); all programs on the packages are counted, not only the worker";
  }

  const MeterInfo& info() const override { return info_; }

  Result<Joules> energy() override {
    double sum = 0.0;
    for (Counter& c : counters_) {
      if (auto ok = c.read(clock_.now()); !ok) return tl::unexpected(ok.error());
      sum += static_cast<double>(c.total());
    }
    return Joules(sum * 1e-6);
  }

  Result<Watts> power() override {
    return fail(ErrorKind::unsupported, "RAPL has no instantaneous power");
  }
  Result<std::vector<PowerSample>> ring_since(Instant) override {
    return fail(ErrorKind::unsupported, "RAPL has no ring of samples");
  }
  Result<Conditions> conditions() override { return conditions_.read(); }
  Result<Conditions> changing_conditions() override { return conditions_.changing(); }

 private:
  std::vector<Counter> counters_;
  HostConditions conditions_;
  Clock& clock_;
  MeterInfo info_;
};

}  // namespace

Result<std::vector<RaplDomain>> find_rapl_domains(const fs::path& root) {
  std::vector<RaplDomain> domains;
  const fs::path tree = root / "sys/class/powercap";
  for (const fs::path& folder : entries(tree)) {
    // "intel-rapl" is the interface on AMD processors too; "intel-rapl-mmio" repeats the packages.
    if (!folder.filename().string().starts_with("intel-rapl:")) continue;
    const std::string name = first_line(folder / "name");
    if (!name.starts_with("package-") && name != "dram") continue;
    RaplDomain domain{folder, name, {}};
    if (const auto range = read_counter(folder / "max_energy_range_uj")) domain.range_uj = *range;
    domains.push_back(std::move(domain));
  }
  const bool any = std::any_of(domains.begin(), domains.end(),
                               [](const RaplDomain& d) { return d.name.starts_with("package-"); });
  if (any) return domains;
  const std::string machine = virtualisation(root);
  return fail(ErrorKind::not_found, fmt::format("{} has no RAPL package", tree.string()),
              machine.empty()
                  ? "Load the driver: sudo modprobe intel_rapl_msr"
                  : fmt::format("This is a virtual machine ({}): hosts rarely pass RAPL "
                                "on; measure on the host itself",
                                machine));
}

Result<std::unique_ptr<Meter>> open_rapl(const fs::path& root, Clock& clock) {
  const auto domains = find_rapl_domains(root);
  if (!domains) return tl::unexpected(domains.error());
  std::vector<Counter> counters;
  for (const RaplDomain& d : *domains) {
    const auto now = read_counter(d.folder / "energy_uj");
    if (!now) return tl::unexpected(now.error());
    counters.emplace_back(d, *now, clock.now());
  }
  return std::make_unique<RaplMeter>(std::move(counters), root, clock);
}

}  // namespace joulemark::meter

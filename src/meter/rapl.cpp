#include "meter/rapl.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>

#include "meter/host.hpp"

namespace joulemark::meter {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Sandy Bridge and later update once a millisecond (Intel SDM vol. 3, "RAPL interfaces").
constexpr Nanoseconds kUpdatePeriod = 1ms;
constexpr double kSystematic = 0.03;

constexpr const char* kAllow =
    "Allow it until the next restart: sudo chmod -R a+r /sys/class/powercap/*/energy_uj, or run as "
    "root";

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

Result<std::uint64_t> read_counter(const fs::path& path) {
  std::ifstream in(path);
  if (!in) {
    if (errno == EACCES || (fs::exists(path) && access(path.c_str(), R_OK) != 0)) {
      return fail(ErrorKind::permission_denied,
                  fmt::format("{} may be read by root only", path.string()), kAllow);
    }
    return fail(ErrorKind::meter_lost, fmt::format("{} cannot be read", path.string()),
                "See `joulemark doctor`");
  }
  std::string line;
  std::getline(in, line);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || end != line.data() + line.size() || line.empty()) {
    return fail(ErrorKind::meter_lost,
                fmt::format("{} holds '{}', not a number", path.string(), line.substr(0, 40)),
                "See `joulemark doctor`");
  }
  return value;
}

/// A counter with what it has counted since it was first read.
struct Counter {
  RaplDomain domain;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};

class RaplMeter final : public Meter {
 public:
  RaplMeter(std::vector<Counter> counters, const fs::path& root, Clock& clock)
      : counters_(std::move(counters)), conditions_(root), clock_(clock) {
    const bool dram = std::any_of(counters_.begin(), counters_.end(),
                                  [](const Counter& c) { return c.domain.name == "dram"; });
    info_.name = "rapl";
    info_.device = cpu_model(root);
    for (const Counter& c : counters_) {
      info_.device_id += (info_.device_id.empty() ? "" : "+") + c.domain.folder.filename().string();
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
      const auto now = read_counter(c.domain.folder / "energy_uj");
      if (!now) return tl::unexpected(now.error());
      c.total += *now >= c.last ? *now - c.last : *now + (c.domain.range_uj - c.last);
      c.last = *now;
      sum += static_cast<double>(c.total);
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

 private:
  std::vector<Counter> counters_;
  HostConditions conditions_;
  Clock& clock_;
  MeterInfo info_;
};

}  // namespace

Result<std::vector<RaplDomain>> find_rapl_domains(const fs::path& root) {
  std::vector<RaplDomain> domains;
  std::error_code error;
  const fs::path tree = root / "sys/class/powercap";
  for (const auto& entry : fs::directory_iterator(tree, error)) {
    const std::string folder = entry.path().filename().string();
    // "intel-rapl" is the interface on AMD processors too; "intel-rapl-mmio" repeats the packages.
    if (!folder.starts_with("intel-rapl:")) continue;
    const std::string name = first_line(entry.path() / "name");
    if (!name.starts_with("package-") && name != "dram") continue;
    RaplDomain domain{entry.path(), name, 0};
    domain.range_uj = read_counter(entry.path() / "max_energy_range_uj")
                          .value_or(std::uint64_t{std::numeric_limits<std::uint32_t>::max()});
    domains.push_back(std::move(domain));
  }
  std::sort(domains.begin(), domains.end(),
            [](const RaplDomain& a, const RaplDomain& b) { return a.folder < b.folder; });
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
    counters.push_back({d, *now, 0});
  }
  return std::make_unique<RaplMeter>(std::move(counters), root, clock);
}

}  // namespace joulemark::meter

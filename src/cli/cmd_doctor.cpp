#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "campaign/device.hpp"
#include "cli/commands.hpp"
#include "cli/doctor_check.hpp"
#include "meter/doctor.hpp"
#include "meter/host.hpp"
#include "zoo/descriptor.hpp"

/// `joulemark doctor`: what this machine can measure, what is missing, and the fix for each.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;

struct RuntimeFinding {
  std::string name;
  bool available = false;
  std::string detail;
  std::string fix;
  std::vector<runtime::WorkerDevice> devices;
};

struct Findings {
  std::string cpu, kernel, machine;
  int cpus = 0;
  std::optional<std::int64_t> memory;
  std::vector<meter::MeterFinding> meters;
  std::vector<RuntimeFinding> runtimes;
  std::size_t models = 0;
  std::string models_missing;
};

RuntimeFinding examine_runtime(const runtime::RuntimeEntry& entry, Clock& clock) {
  RuntimeFinding finding{std::string(entry.name), false, "", "", {}};
  const auto program = runtime::find_worker(entry.name);
  const auto hello = program ? campaign::greet_worker(*program, clock, nullptr)
                             : Result<runtime::WorkerHello>(tl::unexpected(program.error()));
  if (!hello) {
    finding.detail = hello.error().what;
    finding.fix = hello.error().next;
    return finding;
  }
  finding.available = true;
  finding.detail = fmt::format("version {}, formats {}; {}", hello->runtime_version, entry.formats,
                               program->path.string());
  finding.devices = hello->devices;
  return finding;
}

Findings examine(const CommonOptions& common, Clock& clock) {
  Findings f;
  f.cpu = meter::cpu_model("/");
  f.cpus = meter::logical_cpus();
  f.memory = meter::memory_bytes("/");
  f.kernel = meter::kernel_release();
  f.machine = meter::virtualisation("/");
  meter::MeterOptions options;
  options.clock = &clock;
  f.meters = meter::examine_meters(options);
  for (const runtime::RuntimeEntry& entry : runtime::runtimes()) {
    f.runtimes.push_back(examine_runtime(entry, clock));
  }
  const auto models = zoo::find(common.models, {});
  if (models) f.models = models->size();
  if (f.models == 0)
    f.models_missing = "python -m joulemark_zoo export resnet18 --out " + common.models.string();
  return f;
}

ordered_json to_json(const meter::MeterInfo& i) {
  ordered_json j = {
      {"device", i.device},     {"id", i.device_id},    {"scope", meter::name(i.scope)},
      {"energy", i.has_energy}, {"power", i.has_power}, {"ring", i.has_ring}};
  j["update_period_s"] =
      i.update_period ? ordered_json(seconds(*i.update_period)) : ordered_json(nullptr);
  j["resolution_j"] = i.resolution.value;
  j["query_cost_s"] = seconds(i.query_cost);
  j["estimated"] = i.estimated;
  j["systematic_rel"] = i.systematic_rel;
  j["systematic_reason"] = i.systematic_reason;
  return j;
}

ordered_json to_json(const Findings& f) {
  ordered_json j;
  j["host"] = {
      {"cpu", f.cpu},
      {"logical_cpus", f.cpus},
      {"kernel", f.kernel},
      {"virtual_machine", f.machine.empty() ? ordered_json(nullptr) : ordered_json(f.machine)}};
  j["host"]["memory_bytes"] = f.memory ? ordered_json(*f.memory) : ordered_json(nullptr);
  for (const auto& m : f.meters) {
    ordered_json devices = ordered_json::array();
    for (const auto& d : m.devices) devices.push_back(to_json(d.info));
    j["meters"].push_back({{"name", m.meter},
                           {"available", m.available},
                           {"measures", m.measures},
                           {"detail", m.detail},
                           {"fix", m.fix},
                           {"devices", devices}});
  }
  for (const auto& r : f.runtimes) {
    ordered_json devices = ordered_json::array();
    for (const auto& d : r.devices) {
      devices.push_back(
          {{"name", d.name}, {"pci_bus_id", d.pci_bus_id}, {"description", d.description}});
    }
    j["runtimes"].push_back({{"name", r.name},
                             {"available", r.available},
                             {"detail", r.detail},
                             {"fix", r.fix},
                             {"devices", devices}});
  }
  j["models"] = {{"exported", f.models}, {"fix", f.models_missing}};
  return j;
}

void print_line(bool good, const std::string& name, const std::string& detail,
                const std::string& fix) {
  fmt::print("  {:<3} {:<10} {}\n", good ? "ok" : "--", name, detail);
  if (!fix.empty()) fmt::print("{:17}fix: {}\n", "", fix);
}

void print(const Findings& f) {
  fmt::print("Host\n  {} ({} logical CPUs), {}", f.cpu, f.cpus, f.kernel);
  if (f.memory) fmt::print(", {:.0f} GiB memory", static_cast<double>(*f.memory) / (1 << 30));
  if (!f.machine.empty()) fmt::print(", virtual machine ({})", f.machine);
  fmt::print("\n\nMeters\n");
  for (const auto& m : f.meters) print_line(m.available, m.meter, m.detail, m.fix);
  fmt::print("\nRuntimes\n");
  for (const auto& r : f.runtimes) {
    print_line(r.available, r.name, r.detail, r.fix);
    for (const auto& d : r.devices) {
      fmt::print("{:17}{} {} {}\n", "", d.name, d.description, d.pci_bus_id);
    }
  }
  fmt::print("\nModels\n");
  print_line(f.models > 0, "exported", fmt::format("{}", f.models), f.models_missing);
  const bool measures = std::any_of(f.meters.begin(), f.meters.end(),
                                    [](const auto& m) { return m.available && m.measures; });
  if (!measures) {
    fmt::print("\nNo meter works here: results will be estimates, flagged as such, ±50 %.\n");
  }
}

}  // namespace

int run_doctor(const DoctorOptions& options, const CommonOptions& common) {
  SteadyClock clock;
  const Findings findings = examine(common, clock);
  if (!common.json) print(findings);
  std::fflush(stdout);  // checking takes seconds: what is known is seen before it begins
  const auto checked =
      options.check ? check_meters(findings.meters, clock) : std::vector<CheckedMeter>{};
  if (common.json) {
    ordered_json j = to_json(findings);
    if (options.check) j["checks"] = ordered_json::parse(check_json(checked));
    fmt::print("{}\n", j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (options.check) {
    fmt::print("{}", check_text(checked));
  }
  const auto available = [](const auto& x) { return x.available; };
  const bool can_measure =
      std::any_of(findings.meters.begin(), findings.meters.end(), available) &&
      std::any_of(findings.runtimes.begin(), findings.runtimes.end(), available);
  return can_measure ? kOk : kUnavailable;
}

}  // namespace joulemark::cli

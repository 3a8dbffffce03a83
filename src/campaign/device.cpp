#include "campaign/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "base/text.hpp"
#include "runtime/process_worker.hpp"

namespace joulemark::campaign {
namespace {

tl::unexpected<Error> no_device(const std::string& runtime,
                                const std::vector<runtime::WorkerDevice>& there,
                                const std::string& wanted) {
  std::vector<std::string> names;
  for (const runtime::WorkerDevice& d : there) names.push_back(d.name);
  return fail(ErrorKind::not_found, fmt::format("runtime '{}' has no device '{}'", runtime, wanted),
              fmt::format("It has {}; `joulemark doctor` says what is missing", join_words(names)));
}

Result<std::vector<runtime::WorkerDevice>> of_one_kind(std::vector<runtime::WorkerDevice> devices) {
  const runtime::WorkerDevice& first = devices.front();
  for (const runtime::WorkerDevice& d : devices) {
    if (d.description == first.description) continue;
    return fail(ErrorKind::invalid_input,
                fmt::format("{} is {} and {} is {}: a campaign is of one kind of device",
                            first.name, first.description, d.name, d.description),
                "Plan another campaign for the other, from the same plan under another 'name'");
  }
  return devices;
}

}  // namespace

Result<runtime::WorkerHello> greet_worker(const runtime::WorkerProgram& program, Clock& clock,
                                          const std::atomic<bool>* interrupted) {
  runtime::StartOptions options;
  options.interrupted = interrupted;
  auto worker = runtime::start_worker(program, options, clock);
  if (!worker) return tl::unexpected(worker.error());
  return (*worker)->hello();
}

Result<std::vector<runtime::WorkerDevice>> choose_devices(
    const std::string& runtime, const std::vector<runtime::WorkerDevice>& there,
    const std::string& wanted) {
  std::vector<runtime::WorkerDevice> chosen;
  if (wanted == "cuda:all") {
    std::ranges::copy_if(there, std::back_inserter(chosen),
                         [](const runtime::WorkerDevice& d) { return d.kind() == "cuda"; });
    if (chosen.empty()) return no_device(runtime, there, "cuda");
    return of_one_kind(std::move(chosen));
  }
  std::istringstream list(wanted + ',');
  for (std::string name; std::getline(list, name, ',');) {
    const auto is = [&](const runtime::WorkerDevice& d) { return d.name == name; };
    const auto found = std::find_if(there.begin(), there.end(), is);
    if (found == there.end()) return no_device(runtime, there, name);
    if (std::any_of(chosen.begin(), chosen.end(), is)) {
      return fail(ErrorKind::invalid_input, fmt::format("{} is there twice", name),
                  "Name each device once");
    }
    chosen.push_back(*found);
    if (chosen.front().kind() != found->kind()) {
      return fail(
          ErrorKind::invalid_input,
          fmt::format("{} and {} cannot be measured at the same time", chosen.front().name, name),
          "What measures a GPU works on the CPU, and would be in its joules");
    }
  }
  return of_one_kind(std::move(chosen));
}

Result<void> check_apart(const std::string& meter, const meter::MeterOptions& options,
                         const std::vector<runtime::WorkerDevice>& devices) {
  std::vector<std::string> names;
  std::set<std::string> buses;
  for (const runtime::WorkerDevice& d : devices) {
    names.push_back(d.name);
    buses.insert(d.pci_bus_id);
  }
  const auto no = [&](const std::string& why) {
    return fail(ErrorKind::invalid_input, why, "Measure one device at a time: --device NAME");
  };
  if (meter::is_of_host(meter)) {
    return no(fmt::format("the meter '{}' measures this host: what it counts is of {} together",
                          meter, join_words(names)));
  }
  if (meter::is_simulated(meter)) return {};
  if (options.gpu_index)
    return no(fmt::format("gpu={} is the meter of one GPU, not of {}", *options.gpu_index,
                          join_words(names)));
  if (buses.contains(""))
    return no(fmt::format("no meter can be told for {}: the runtime does not say where they are",
                          join_words(names)));
  if (buses.size() == devices.size()) return {};
  return no(fmt::format("{} share a board, and so a meter", join_words(names)));
}

Result<runtime::WorkerDevice> choose_device(const runtime::WorkerProgram& program,
                                            const std::string& wanted, Clock& clock,
                                            const std::atomic<bool>* interrupted) {
  const auto hello = greet_worker(program, clock, interrupted);
  if (!hello) return tl::unexpected(hello.error());
  const std::string name = wanted == "cuda" ? "cuda:0" : wanted;
  for (const runtime::WorkerDevice& d : hello->devices) {
    if (d.name == name || (wanted == "auto" && d.name.starts_with("cuda"))) return d;
  }
  if (wanted == "auto" && !hello->devices.empty()) return hello->devices.front();
  return no_device(program.runtime, hello->devices, wanted);
}

Result<void> check_same_kind(const std::vector<store::Record>& rows, const std::string& device) {
  const auto other = std::ranges::find_if(rows, [&](const store::Record& r) {
    return r.energy_j_per_image.has_value() && r.device != device;
  });
  if (other == rows.end()) return {};
  return fail(ErrorKind::invalid_input,
              fmt::format("this campaign has rows of {}, and what is to be measured now is {}",
                          other->device, device),
              "Plan another campaign for it, from the same plan under another 'name'");
}

std::optional<store::Device> device_of(const meter::MeterInfo& meter,
                                       const std::filesystem::path& procfs) {
  if (meter.scope == meter::Scope::simulated) return std::nullopt;
  const bool is_gpu =
      meter.scope == meter::Scope::gpu_board || meter.scope == meter::Scope::gpu_mig_slice;
  if (is_gpu && !meter.device_id.empty()) return store::Device{meter.device_id, meter.device};
  std::string boot = read_file(procfs / "sys/kernel/random/boot_id").value_or("");
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  // All meters of a host's processors are disturbed by the same load.
  return store::Device{fmt::format("{} {}", boot, is_gpu ? meter.device : "cpu"), meter.device};
}

}  // namespace joulemark::campaign

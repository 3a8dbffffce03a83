#include "campaign/device.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "runtime/process_worker.hpp"

namespace joulemark::campaign {

Result<runtime::WorkerHello> greet_worker(const runtime::WorkerProgram& program, Clock& clock,
                                          const std::atomic<bool>* interrupted) {
  runtime::StartOptions options;
  options.interrupted = interrupted;
  auto worker = runtime::start_worker(program, options, clock);
  if (!worker) return tl::unexpected(worker.error());
  return (*worker)->hello();
}

Result<runtime::WorkerDevice> choose_device(const runtime::WorkerProgram& program,
                                            const std::string& wanted, Clock& clock,
                                            const std::atomic<bool>* interrupted) {
  const auto hello = greet_worker(program, clock, interrupted);
  if (!hello) return tl::unexpected(hello.error());
  const std::string name = wanted == "cuda" ? "cuda:0" : wanted;
  std::vector<std::string> names;
  for (const runtime::WorkerDevice& d : hello->devices) {
    if (d.name == name || (wanted == "auto" && d.name.starts_with("cuda"))) return d;
    names.push_back(d.name);
  }
  if (wanted == "auto" && !hello->devices.empty()) return hello->devices.front();
  return fail(ErrorKind::not_found,
              fmt::format("runtime '{}' has no device '{}'", program.runtime, wanted),
              fmt::format("It has {}; `joulemark doctor` says what is missing", join_words(names)));
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

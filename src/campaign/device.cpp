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

}  // namespace joulemark::campaign

#include "runtime/registry.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace joulemark::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::array kRuntimes = {
    RuntimeEntry{"torch", "joulemark-worker-torch", "torchscript, aoti", "JOULEMARK_WORKER_TORCH",
                 "Build it against your torch: cmake -S workers/torch -B build/worker "
                 "-DJOULEMARK_PYTHON=python3 && cmake --build build/worker, then set "
                 "JOULEMARK_WORKER_TORCH to build/worker/joulemark-worker-torch"},
    RuntimeEntry{"reference", "joulemark-worker-reference", "reference",
                 "JOULEMARK_WORKER_REFERENCE",
                 "It is built with the tests: script/setup, then script/test"},
};

fs::path folder_of_this_program() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

bool is_program(const fs::path& path) {
  return !path.empty() && !fs::is_directory(path) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::span<const RuntimeEntry> runtimes() { return kRuntimes; }

Result<WorkerProgram> find_worker(std::string_view runtime, const fs::path& explicit_path) {
  const auto entry = std::find_if(kRuntimes.begin(), kRuntimes.end(),
                                  [&](const RuntimeEntry& e) { return e.name == runtime; });
  if (entry == kRuntimes.end()) {
    std::string names;
    for (const RuntimeEntry& e : kRuntimes)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", e.name);
    return fail(ErrorKind::invalid_input, fmt::format("there is no runtime '{}'", runtime),
                fmt::format("Known runtimes: {}", names));
  }
  const char* from_environment = std::getenv(std::string(entry->variable).c_str());
  fs::path path = explicit_path;
  if (path.empty() && from_environment != nullptr) path = from_environment;
  if (!path.empty()) {
    if (is_program(path)) return WorkerProgram{std::string(runtime), fs::absolute(path)};
    return fail(ErrorKind::not_found, fmt::format("the worker {} is not a program", path.string()),
                std::string(entry->how_to_get));
  }
  const fs::path beside = folder_of_this_program() / entry->program;
  if (is_program(beside)) return WorkerProgram{std::string(runtime), beside};
  return fail(ErrorKind::not_found,
              fmt::format("the worker {} of runtime '{}' is not built", entry->program, runtime),
              std::string(entry->how_to_get));
}

}  // namespace joulemark::runtime

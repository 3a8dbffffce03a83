#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace joulemark::runtime {

/// A runtime that joulemark can measure, and the program that runs it.
struct RuntimeEntry {
  std::string_view name;      ///< what --runtime takes
  std::string_view program;   ///< file name of the worker
  std::string_view formats;   ///< for people
  std::string_view variable;  ///< environment variable that names the worker's path
  std::string_view how_to_get;
};

/// Every runtime, in the order in which they are listed.
std::span<const RuntimeEntry> runtimes();

/// A runtime with the worker found for it.
struct WorkerProgram {
  std::string runtime;
  std::filesystem::path path;
};

/// Finds the worker of `runtime`: `explicit_path` if given, else the runtime's environment
/// variable, else beside the running executable. Errors: invalid_input for an unknown runtime
/// (naming those that exist), not_found with the command that builds the worker.
Result<WorkerProgram> find_worker(std::string_view runtime,
                                  const std::filesystem::path& explicit_path = {});

}  // namespace joulemark::runtime

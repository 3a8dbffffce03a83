#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/options.hpp"

namespace CLI {
class App;
}  // namespace CLI

/// How commands declare their options: one function each, and those that several have.
namespace joulemark::cli {

/// Runs the command when its options are read.
using Run = std::function<int()>;

struct Command {
  const char* name;
  Run (*add)(CLI::App&, CommonOptions&);
};

/// Those of `joulemark campaign`, in the order of its --help.
std::span<const Command> campaign_commands();
/// Those of `joulemark catalogue`.
std::span<const Command> catalogue_commands();

// Options that several commands have (main.cpp).

inline constexpr const char* kAllMeters = "auto, nvml, rapl, estimate, replay or synthetic";

void add_meter(CLI::App& app, std::string& meter, std::vector<std::string>& settings,
               const char* meters);
void add_worker(CLI::App& app, std::string& worker, std::string& options);
void add_idle(CLI::App& app, double& seconds, const char* what);

}  // namespace joulemark::cli

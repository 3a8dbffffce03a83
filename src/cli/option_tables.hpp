#pragma once

#include <functional>
#include <optional>
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
/// Those of `joulemark score edition`.
std::span<const Command> edition_commands();

// Commands whose options are declared in score_options.cpp.
Run add_choose(CLI::App& app, CommonOptions& common);
Run add_score(CLI::App& app, CommonOptions& common);

// Commands whose options are declared in site_options.cpp.
Run add_serve(CLI::App& app, CommonOptions& common);
Run add_export_site(CLI::App& app, CommonOptions& common);

// Options that several commands have (main.cpp).

inline constexpr const char* kAllMeters = "auto, nvml, rapl, estimate, replay or synthetic";

void add_meter(CLI::App& app, std::string& meter, std::vector<std::string>& settings,
               const char* meters);
void add_worker(CLI::App& app, std::string& worker, std::string& options);
void add_idle(CLI::App& app, double& seconds, const char* what);
void add_kind(CLI::App& app, std::optional<catalogue::Kind>& kind);
void add_predicted(CLI::App& app, bool& predicted);
void add_policy(CLI::App& app, std::string& policy, const char* what);
/// --db, --db-wait, --models and --json.
void add_common(CLI::App& app, CommonOptions& common);

}  // namespace joulemark::cli

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/plan.hpp"

/// Asking `joulemark_zoo` for models and artefacts: the exporter is Python, and a process.
namespace joulemark::campaign {

/// How the exporter is called, and where it writes.
struct Zoo {
  std::string command = "python3 -m joulemark_zoo";  ///< as a shell reads it
  std::filesystem::path artefacts;
  std::filesystem::path logs;                             ///< a folder that is there
  std::function<bool()> gives_up = [] { return false; };  ///< asked while the exporter works
};

/// The models that these names and globs stand for. Errors: not_found, with what the exporter says;
/// unsupported when it cannot be run.
Result<std::vector<std::string>> find_models(const Zoo& zoo, const std::vector<std::string>& globs,
                                             Clock& clock);

/// Why each model of a lot has no artefact, by its name; those that have one are not in it.
using ExportFailures = std::map<std::string, std::string>;

/// Makes the artefacts of these models in one variant for `device` ("cpu", "cuda"), several at
/// once. What is there already is kept. Errors: interrupted; unsupported when the exporter cannot
/// be run.
Result<ExportFailures> export_models(const Zoo& zoo, const Plan& plan, const Variant& variant,
                                     const std::string& device,
                                     const std::vector<std::string>& models, Clock& clock);

/// What the exporter answers with --json, its last line. Errors: invalid_input.
Result<ExportFailures> parse_export_answer(const std::string& output,
                                           const std::vector<std::string>& models);

}  // namespace joulemark::campaign

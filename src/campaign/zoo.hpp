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

/// What the exporter is to make: one model in one of the plan's variants.
struct Artefact {
  std::string model;
  std::size_t variant = 0;  ///< the first of those that share the artefact
  friend auto operator<=>(const Artefact&, const Artefact&) = default;
};

/// Why artefacts of a lot could not be made; those that were are not in it.
using ExportFailures = std::map<Artefact, std::string>;

/// Makes these artefacts for `device` ("cpu", "cuda") in one call of the exporter, several at once.
/// What is there already is kept. Errors: interrupted; unsupported when the exporter cannot be run;
/// io where what it is to do cannot be written down.
Result<ExportFailures> export_artefacts(const Zoo& zoo, const Plan& plan, const std::string& device,
                                        const std::vector<Artefact>& artefacts, Clock& clock);

/// What the exporter reads with --list.
std::string export_list(const Plan& plan, const std::vector<Artefact>& artefacts);

/// What the exporter answers with --json, its last line: a row for each of what was asked for, in
/// that order. Errors: invalid_input.
Result<ExportFailures> parse_export_answer(const std::string& output,
                                           const std::vector<Artefact>& artefacts);

}  // namespace joulemark::campaign

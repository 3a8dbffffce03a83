#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "measure/run.hpp"

namespace joulemark::cli {

/// Makes the folder that traces go into. Errors: permission_denied, io.
Result<void> make_trace_folder(const std::filesystem::path& folder);

/// Writes what a run saw, raw: <run>.energy.csv with the energy at every point at which it is known
/// and the mean power since the one before (the form that the replay meter plays), and
/// <run>.power.csv with every power sample. Times are seconds since the first energy point. What
/// was not seen has no file. Errors: those of write_file.
Result<void> write_trace(const std::filesystem::path& folder, const std::string& run,
                         const measure::RunReport& report);

}  // namespace joulemark::cli

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace joulemark::cli {

/// JSON as every command prints it.
std::string pretty(const nlohmann::ordered_json& j);

/// The number, or null where it is not known.
nlohmann::ordered_json or_null(const std::optional<double>& value);

/// Writes to standard output at once. Errors: storage_full or io, when it goes to a file or pipe
/// that takes no more.
Result<void> write_out(std::string_view text);

}  // namespace joulemark::cli

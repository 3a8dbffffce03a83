#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace joulemark::zoo {

/// SHA-256 of a file as lower-case hex, read in blocks. Error: io.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace joulemark::zoo

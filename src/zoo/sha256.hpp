#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace joulemark::zoo {

/// SHA-256 of a file as lower-case hex, read in blocks. Error: io.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

/// The same of text in memory.
std::string sha256_of_text(std::string_view text);

}  // namespace joulemark::zoo

#pragma once

#include <filesystem>
#include <string>

namespace joulemark::runtime {

/// The end of a log file as one line; empty when there is none.
std::string last_words(const std::filesystem::path& log);

}  // namespace joulemark::runtime

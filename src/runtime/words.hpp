#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace joulemark::runtime {

/// What others wrote, fit for one line of a message: at most `most` bytes of valid UTF-8, the first
/// ones; control characters become spaces, what is no UTF-8 question marks. Spaces at the ends go.
std::string one_line(std::string_view bytes, std::size_t most = 600);

/// The end of a log file as one line; empty when there is none.
std::string last_words(const std::filesystem::path& log);

}  // namespace joulemark::runtime

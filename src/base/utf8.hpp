#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace joulemark {

/// Length of the character that `bytes` begins with, 0 when it is no valid UTF-8. (RFC 3629: no
/// longer form than needed, no surrogates, nothing above U+10FFFF.) `bytes` is not empty.
std::size_t character_length(std::string_view bytes);

/// What others wrote, fit for one line of a message: at most `most` bytes of valid UTF-8, the first
/// ones; control characters become spaces, what is no UTF-8 question marks. Spaces at the ends go.
std::string one_line(std::string_view bytes, std::size_t most = 600);

}  // namespace joulemark

#include "runtime/words.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace joulemark::runtime {
namespace {

/// Length of the character that `bytes` begins with, 0 when it is no valid UTF-8. (RFC 3629: no
/// longer form than needed, no surrogates, nothing above U+10FFFF.)
std::size_t character_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = at(1);
  const bool too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool too_large = first == 0xf4 && second >= 0x90;
  return too_long || surrogate || too_large ? 0 : length;
}

/// ASCII's control characters, and those of Latin-1 that terminals obey too (U+0080 to U+009F).
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7f ||
         (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

}  // namespace

std::string one_line(std::string_view bytes, std::size_t most) {
  std::string line;
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    const std::string_view character = bytes.substr(0, std::max<std::size_t>(length, 1));
    const std::string_view written = length == 0 ? "?" : is_control(character) ? " " : character;
    bytes.remove_prefix(character.size());
    if (line.empty() && written == " ") continue;
    if (line.size() + written.size() > most) break;
    line += written;
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string last_words(const std::filesystem::path& log) {
  constexpr std::streamoff kMost = 600;
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kMost));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (size > kMost) {  // begin with a whole character
    const auto whole = std::find_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    });
    text.erase(text.begin(), whole);
  }
  return one_line(text, kMost);
}

}  // namespace joulemark::runtime

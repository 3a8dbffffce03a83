#include "runtime/words.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/utf8.hpp"

namespace joulemark::runtime {

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

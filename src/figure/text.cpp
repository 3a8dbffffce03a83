#include "figure/text.hpp"

#include <algorithm>
#include <cctype>

#include "base/utf8.hpp"

namespace joulemark::figure {
namespace {

/// Width of one character of DejaVu Sans, rounded up by class.
double width_of_character(std::string_view c) {
  constexpr double kOther = 0.64;
  constexpr double kFullWidth = 1.0;  // of Chinese, Japanese and Korean
  if (c.size() > 1) return static_cast<unsigned char>(c[0]) >= 0xE3 ? kFullWidth : kOther;
  if (std::string_view("ijlI.,:;'|! ").find(c[0]) != std::string_view::npos) return 0.34;
  if (std::string_view("frt()[]/\\-").find(c[0]) != std::string_view::npos) return 0.42;
  if (std::string_view("mwMW%@+=<>").find(c[0]) != std::string_view::npos) return 0.95;
  return std::isupper(static_cast<unsigned char>(c[0])) != 0 ? 0.74 : kOther;
}

/// The first character, and takes it away. What is no UTF-8 is one byte.
std::string_view next_character(std::string_view& text) {
  const std::size_t length = std::max<std::size_t>(1, character_length(text));
  const std::string_view c = text.substr(0, length);
  text.remove_prefix(length);
  return c;
}

/// As much of a word as fits, one character at least; up to its last hyphen or underscore if that
/// leaves more than half of the line used.
std::string_view head_of(std::string_view word, double width) {
  double used = 0.0;
  std::size_t end = 0, joint = 0;
  for (std::string_view rest = word; !rest.empty();) {
    const std::string_view c = next_character(rest);
    used += width_of_character(c);
    if (used > width && end > 0) break;
    end += c.size();
    if ((c == "-" || c == "_") && used > width / 2.0) joint = end;
  }
  return word.substr(0, end < word.size() && joint > 0 ? joint : end);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void escape_ascii(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      break;
  }
  const bool is_control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
  out += is_control ? ' ' : c;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (const char c = text[0]; static_cast<unsigned char>(c) < 0x80) {
      escape_ascii(out, c);
      text.remove_prefix(1);
      continue;
    }
    const bool is_text = character_length(text) > 0;
    const std::string_view c = next_character(text);
    // XML has neither of the two, though they are characters.
    if (!is_text || c == "\uFFFE" || c == "\uFFFF") {
      out += '?';
    } else {
      out += c;
    }
  }
  return out;
}

double width_of(std::string_view text) {
  double width = 0.0;
  while (!text.empty()) width += width_of_character(next_character(text));
  return width;
}

std::vector<std::string> wrap(std::string_view text, double width) {
  std::vector<std::string> lines;
  std::string line;
  for (std::string_view word : words_of(text)) {
    if (!line.empty() && width_of(line) + width_of(" ") + width_of(word) <= width) {
      line += ' ';
      line += word;
      continue;
    }
    if (!line.empty()) lines.push_back(line);
    while (width_of(word) > width) {
      const std::string_view head = head_of(word, width);
      if (head.size() == word.size()) break;
      lines.emplace_back(head);
      word.remove_prefix(head.size());
    }
    line = word;
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace joulemark::figure

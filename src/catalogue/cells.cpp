#include "catalogue/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace joulemark::catalogue {
namespace {

constexpr std::size_t kShown = 60;  ///< bytes of a cell in a message

std::string shown(std::string_view cell) {
  return cell.empty() ? "nothing" : "'" + one_line(cell, kShown) + "'";
}

/// All of the text as a number; absent when it is none, or none that can be counted with.
template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(static_cast<double>(value))) return std::nullopt;
  return value;
}

/// "1,013.01" -> "1013.01"; absent where a comma does not part thousands.
std::optional<std::string> without_thousands(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',') {
      plain += text[i];
    } else if (i == 0 || i > point || (point - i) % 4 != 0) {
      return std::nullopt;
    }
  }
  return plain;
}

std::optional<double> number_in(std::string_view text) {
  if (text.find(',') == std::string_view::npos) return parsed<double>(text);
  const auto plain = without_thousands(text);
  return plain ? parsed<double>(*plain) : std::nullopt;
}

}  // namespace

void Cells::refuse(std::size_t column, const std::string& what) {
  if (!error_) error_ = csv_.error_at(row_, column, what);
}

std::string Cells::word(std::size_t column) {
  if (raw(column).empty()) refuse(column, "it is empty");
  return text(column);
}

double Cells::number(std::size_t column, const Range& range) {
  if (error_) return 0.0;
  const auto value = number_in(raw(column));
  if (!value) {
    refuse(column, shown(raw(column)) + " is not a number");
    return 0.0;
  }
  const bool enough = range.least_itself ? *value >= range.least : *value > range.least;
  if (!enough || *value > range.most) {
    refuse(column, fmt::format("{} is not {} {} and at most {}", shown(raw(column)),
                               range.least_itself ? "at least" : "above", range.least, range.most));
    return 0.0;
  }
  return *value;
}

std::optional<double> Cells::number_or_none(std::size_t column, const Range& range) {
  if (raw(column).empty()) return std::nullopt;
  return number(column, range);
}

std::int64_t Cells::count(std::size_t column) {
  if (error_) return 0;
  constexpr std::int64_t kMost = 1'000'000;
  const auto value = parsed<std::int64_t>(raw(column));
  if (!value || *value < 1 || *value > kMost) {
    refuse(column, shown(raw(column)) + " is not a whole number from 1 on");
    return 0;
  }
  return *value;
}

Result<std::vector<std::size_t>> columns_of(const Csv& csv, const std::vector<std::string>& names) {
  std::vector<std::size_t> places;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    const auto place = csv.column(name);
    if (place) places.push_back(*place);
    if (!place) missing.push_back(name);
  }
  if (!missing.empty()) {
    return tl::unexpected(
        csv.header_error(fmt::format("column{} {} {} missing", missing.size() > 1 ? "s" : "",
                                     join_words(missing), missing.size() > 1 ? "are" : "is")));
  }
  return places;
}

}  // namespace joulemark::catalogue

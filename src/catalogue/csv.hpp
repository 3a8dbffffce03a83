#pragma once

#include <cstddef>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Tables as CSV, read strictly: what does not follow RFC 4180 and UTF-8 is an error that names the
/// place, never a guess.
namespace joulemark::catalogue {

/// A table under a header. Its cells look into the text that it was parsed from, which must outlive
/// it.
class Csv {
 public:
  struct Row {
    std::size_t line = 0;  ///< in the file, from 1
    std::span<const std::string_view> cells;
  };

  /// `name` stands for the text in messages. Lines end with LF or CRLF, the last one too: a file
  /// that is cut off is an error. Every row has as many cells as the header, whose names differ.
  static Result<Csv> parse(std::string name, std::string_view text);

  Csv(Csv&&) noexcept = default;
  Csv& operator=(Csv&&) noexcept = default;
  Csv(const Csv&) = delete;  // its cells look into it
  Csv& operator=(const Csv&) = delete;
  ~Csv() = default;

  const std::string& name() const { return name_; }
  std::span<const std::string_view> header() const { return {cells_.data(), width_}; }
  std::size_t size() const { return lines_.size(); }
  Row row(std::size_t index) const {
    return {lines_[index], {cells_.data() + width_ * (index + 1), width_}};
  }
  /// Where a column of this name is; absent when there is none.
  std::optional<std::size_t> column(std::string_view name) const;

  /// An error about a cell: "NAME, line 5, column top1: WHAT".
  Error error_at(std::size_t row, std::size_t column, const std::string& what) const;
  /// An error about the header: "NAME, line 1: WHAT".
  Error header_error(const std::string& what) const;

 private:
  Csv() = default;
  friend class CsvReader;

  std::string name_;
  std::size_t width_ = 0;
  std::vector<std::string_view> cells_;      ///< the header's, then those of each row
  std::vector<std::size_t> lines_;           ///< of the rows
  std::forward_list<std::string> unquoted_;  ///< cells that had quotes within
};

/// What to do about a table that is not as it should be.
inline constexpr const char* kMendTable = "Take the file from its source again, or mend that place";

}  // namespace joulemark::catalogue

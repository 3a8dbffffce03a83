#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/csv.hpp"

namespace joulemark::catalogue {

/// What the numbers of a column can be.
struct Range {
  double least = 0.0;
  double most = 0.0;
  bool least_itself = true;  ///< false: more than `least`
};
inline constexpr Range kPercent{0.0, 100.0};
inline constexpr Range kPositive{0.0, 1e9, false};

/// The cells of one row as values. The first one that is not what it should be is kept as the error
/// of the row, and everything read after it is empty.
class Cells {
 public:
  Cells(const Csv& csv, std::size_t row) : csv_(csv), row_(row) {}

  std::string text(std::size_t column) { return std::string(raw(column)); }
  /// Not empty.
  std::string word(std::size_t column);
  /// "1,013.01" is read too.
  double number(std::size_t column, const Range& range);
  /// Absent where the cell is empty.
  std::optional<double> number_or_none(std::size_t column, const Range& range);
  /// A size in pixels, or another number of things from 1 on.
  std::int64_t count(std::size_t column);

  /// Says that a cell is wrong in a way that only the caller knows.
  void refuse(std::size_t column, const std::string& what);
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string_view raw(std::size_t column) const { return csv_.row(row_).cells[column]; }

  const Csv& csv_;
  std::size_t row_;
  std::optional<Error> error_;
};

/// Where these columns are, in the order asked for. Error: naming one that is not there.
Result<std::vector<std::size_t>> columns_of(const Csv& csv, const std::vector<std::string>& names);

}  // namespace joulemark::catalogue

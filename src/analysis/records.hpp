#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analysis/bootstrap.hpp"

/// Records over the years: the least price of all that was there until then, and its trend.
namespace joulemark::analysis {

/// Something that was there from a year on. Less is better.
struct Entry {
  int year = 0;
  double price = 0.0;
  std::size_t group = 0;  ///< entries of one group are drawn together: those of one paper, say
};

/// Of each year, from the first with an entry on, the entry of least price until then; the first
/// one among equals.
struct Records {
  int first = 0;                     ///< year
  std::vector<std::size_t> holders;  ///< indices of entries, one a year
};
/// Absent where nothing was there until `last`.
std::optional<Records> records_of(std::span<const Entry> entries, int last);

/// Fewest years for a line through records.
inline constexpr std::size_t kFewestYears = 4;

/// A trend that random orders make no more often than this is not of more models alone.
inline constexpr double kByChance = 0.025;

/// A line through the records by least squares.
struct Trend {
  double slope = 0.0;  ///< of the price, a year
  /// Bootstrap over groups, of the whole construction: in each draw the records are made anew of
  /// what was drawn. Residuals of the line are no measure: a record that stands for years is one
  /// entry, not one for each year. No draw has a better record than there is, so draws lie to one
  /// side; the interval reaches as far to either side as they or their mirror image do. That holds
  /// the mean slope of such records in 89 to 95 % of simulated samples of 15 to 100 groups with
  /// normal or log-normal prices, and in 71 to 85 % with heavy tails (Student's t with 3 degrees).
  /// Absent for fewer than ten groups, and where too many draws have no trend.
  std::optional<Interval> ci95;
  /// Records fall also where nothing gets better, because there is more and more to choose from: in
  /// this share of draws in which the groups' years are dealt out anew, they fall as steeply.
  /// Absent for fewer than ten groups.
  std::optional<double> by_chance;
};
/// Until `last`, also where nothing better came. Absent for records of fewer than kFewestYears.
std::optional<Trend> trend_of(std::span<const Entry> entries, int last);

}  // namespace joulemark::analysis

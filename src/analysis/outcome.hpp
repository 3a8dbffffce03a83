#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "figure/figure.hpp"

namespace joulemark::analysis {

/// Rows that an analysis did not use, all for one reason.
struct LeftOut {
  std::string reason;              ///< a word of docs/analysis.md
  std::string meaning;             ///< the same in words
  std::vector<std::string> which;  ///< runs or models
};

/// A number that an analysis came to.
struct Value {
  std::string name;
  std::string about;  ///< which of several things it is of; empty where there is one
  std::string unit;   ///< "1" for pure numbers, empty for counts
  double value = 0.0;
  std::optional<Interval> ci95;
  std::string no_interval;  ///< why there is none
  std::size_t n = 0;        ///< how many models, runs or pairs it is of
};

/// Not known, a number, a count or a text.
using Cell = std::variant<std::monostate, double, std::int64_t, std::string>;
struct Column {
  std::string name;
  std::string unit;
  std::string meaning;
};

/// What came out of one analysis: the same for all of them, so that files and pages are written
/// once.
struct Outcome {
  std::string setup;   ///< whose rows these are; of a comparison, empty
  std::string policy;  ///< empty for all
  std::size_t n = 0;   ///< models, or what `of` says
  std::string of = "models";
  /// Too few rows for any statement. There are then no values; the first sentence says what is
  /// lacking.
  bool too_few = false;
  std::vector<Value> values;
  std::vector<std::string> sentences;  ///< what a reader should take away, with numbers
  std::vector<std::string> caveats;    ///< what may be wrong with it
  std::vector<LeftOut> left_out;
  // The rows behind it.
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<figure::Figure> figures;  ///< of the same values
};

}  // namespace joulemark::analysis

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "store/record.hpp"

/// The columns of a record: one table that storing, exporting and documenting follow.
namespace joulemark::store {

struct Filter;

using Text = std::string Record::*;
using Number = std::optional<double> Record::*;
using Count = std::optional<std::int64_t> Record::*;
using Words = std::vector<std::string> Record::*;
using Terms = std::map<std::string, double> Record::*;
using Field = std::variant<Text, Number, Count, Words, Terms>;

struct Column {
  std::string_view name;
  std::string_view unit;  ///< empty for texts and pure numbers
  std::string_view meaning;
  Field field;
  bool exported = true;  ///< false: stored only (long JSON, shown by `show`)
};

/// All columns in export order. Names and meanings never change; more may follow at the end.
std::span<const Column> columns();

struct ColumnsToRead {
  std::vector<const Column*> all;
  std::size_t telling = 0;  ///< the first so many tell whether the filter lets a row through
};
/// Names of the columns that a table from before them lacks: some of `kLaterColumns` (said.hpp).
using Lacking = std::span<const std::string_view>;
/// What a reader asks for, each once. What a table lacks stands in its documents, which then come
/// too.
ColumnsToRead columns_to_read(const Filter& filter, Lacking lacking);
/// As a SELECT names it: NULL where the table lacks it.
std::string in_select(const Column& column, Lacking lacking);

/// A value as CSV text: empty when absent, numbers as the shortest text that reads back equal,
/// words separated by spaces.
std::string to_text(const Record& record, const Column& column);

/// The reverse, for stores: sets the field to what `to_text` wrote, or to absent.
void from_text(Record& record, const Column& column, std::string_view text);

/// Rows under a header, RFC 4180.
std::string to_csv(std::span<const Record> records);
/// An array of objects; null when absent, flags as one text with spaces.
std::string to_json(std::span<const Record> records, int indent = 1);
/// One record with everything: columns, stored-only columns and windows. An indent of -1 puts it on
/// one line.
std::string to_full_json(const Record& record, int indent = 1);
/// The reverse: what to_full_json wrote gives a record of which it writes the same. A column that
/// is missing is absent. Error: invalid_input for what is no such row, and for a column that this
/// version does not know, which would be lost.
Result<Record> from_full_json(std::string_view text);

}  // namespace joulemark::store

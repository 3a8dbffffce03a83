#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"

/// A catalogue as files: each fact stands once, rows are sorted, numbers are the shortest text that
/// reads back equal. docs/catalogue.md says what each column is.
namespace joulemark::catalogue {

/// File -> text.
using Texts = std::map<std::string, std::string, std::less<>>;
/// The same, of texts that live elsewhere.
using TextViews = std::map<std::string, std::string_view, std::less<>>;

/// The tables, and how many columns at the beginning of each say what a row is about.
struct TableFile {
  std::string_view file;
  std::size_t keys;
};
std::span<const TableFile> table_files();
inline constexpr std::string_view kSourceFile = "SOURCE.json";

/// All files of a catalogue.
Texts to_texts(const Catalogue& catalogue);

/// The reverse. Errors: invalid_input, naming file, line and column: also for rows out of order or
/// twice, and for what refers to a row that is not there.
Result<Catalogue> from_texts(const TextViews& texts);

/// SOURCE.json alone.
std::string source_to_text(const Source& source);
Result<Source> source_from_text(std::string_view text);

}  // namespace joulemark::catalogue

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace joulemark {

/// The candidates nearest to `word` by edit distance, nearest first, at most `most`, and only those
/// close enough to be what was meant (a third of the word's length, at least two edits).
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t most = 3);

/// "a, b and c".
std::string join_words(const std::vector<std::string>& words);

/// The last line that has something on it, without the white space around its end: what a program
/// answers after libraries had their say. Empty where there is none.
std::string last_line(std::string_view text);

/// A word of a shell's command line that stands for `text`, in quotes where it needs them.
std::string shell_word(const std::string& text);

/// Three significant digits: "0.0123", "12.3", "1230".
std::string digits(double value);

/// An energy with three significant digits: "4.32 mJ", "1.20 J".
std::string joules(double value);

/// A cell of CSV (RFC 4180), in quotes where it needs them.
std::string csv_cell(const std::string& text);

/// All of a file; absent when it cannot be opened.
std::optional<std::string> read_file(const std::filesystem::path& file);

/// The pattern that this name alone matches.
std::string glob_of(std::string_view name);

/// The reverse: the name that a pattern alone matches. Absent for one that may match several.
std::optional<std::string> only_name(std::string_view glob);

/// True when `name` matches the shell pattern `glob` (fnmatch(3)).
bool matches(std::string_view glob, std::string_view name);

}  // namespace joulemark

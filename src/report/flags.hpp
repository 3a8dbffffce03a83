#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.hpp"

/// What a reader must know about a row, in words.
namespace joulemark::report {

/// A flag as a record carries it, and how it is said. docs/method.md tells when each is raised.
struct FlagWords {
  std::string_view flag;
  std::string_view words;    ///< a remark beside a number
  std::string_view meaning;  ///< one clause that explains the remark
};

/// Every flag that this version knows.
std::span<const FlagWords> all_flags();

/// A flag as a few words; itself where it has none (one of a newer version, say).
std::string_view flag_in_words(std::string_view flag);

/// What a flag means; empty for an unknown one.
std::string_view flag_meaning(std::string_view flag);

/// "random weights; drifted while measured".
std::string flags_in_words(std::span<const std::string> flags);

/// The flags that every measured record of several carries, so that a table says them once. In the
/// order of the first record; none for fewer than two measured records.
std::vector<std::string> common_flags(std::span<const store::Record> records);

/// The flags of one record that are not in `common`.
std::vector<std::string> own_flags(const store::Record& record,
                                   std::span<const std::string> common);

}  // namespace joulemark::report

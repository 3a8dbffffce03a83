#pragma once

#include <span>
#include <string>
#include <string_view>

#include "score/edition.hpp"

/// The editions of data/editions, which this program was built with.
namespace joulemark::score {

struct BuiltInEdition {
  std::string_view name;  ///< of its file, without .json
  std::string_view text;
};
/// In the order of their names; the last is what is taken when none is named.
std::span<const BuiltInEdition> built_in_editions();

/// The built-in edition of this name, or the one in this file; the newest for an empty text.
/// Errors: those of from_text; not_found with the names that there are.
Result<Edition> edition_named(const std::string& name_or_file);

}  // namespace joulemark::score

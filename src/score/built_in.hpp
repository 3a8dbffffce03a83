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
/// Drafts first, then those that are frozen, each in the order of their names.
std::span<const BuiltInEdition> built_in_editions();

/// The policy of editions that are taken where none is named, nor a policy.
inline constexpr std::string_view kUsualPolicy = "throughput";

/// The built-in edition of this name, or the one in this file. For an empty text the newest of this
/// policy, by its name, a draft only where none is frozen; without any, that of the usual one.
/// Errors: those of from_text; not_found with the names that there are.
Result<Edition> edition_named(const std::string& name_or_file,
                              std::string_view policy = kUsualPolicy);

}  // namespace joulemark::score

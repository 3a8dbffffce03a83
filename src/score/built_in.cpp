#include "score/built_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ranges>
#include <vector>

#include "base/text.hpp"
#include "score/edition_text.hpp"

namespace joulemark::score {
namespace {

/// Absent where no built-in edition is of this policy.
std::optional<Edition> newest_of(std::string_view policy) {
  for (const BuiltInEdition& e : std::views::reverse(built_in_editions())) {
    auto edition = from_text(e.text);
    if (edition && edition->policy == policy) return std::move(*edition);
  }
  return std::nullopt;
}

}  // namespace

Result<Edition> edition_named(const std::string& name_or_file, std::string_view policy) {
  if (name_or_file.empty()) {
    if (auto edition = newest_of(policy)) return std::move(*edition);
    if (auto edition = newest_of(kUsualPolicy)) return std::move(*edition);
  }
  const auto editions = built_in_editions();
  const auto found = std::ranges::find(editions, name_or_file, &BuiltInEdition::name);
  if (found != editions.end()) return from_text(found->text);
  if (const auto text = read_file(name_or_file)) {
    return from_text(*text).map_error([&](Error e) {
      e.what = name_or_file + ": " + e.what;
      return e;
    });
  }
  std::vector<std::string> names;
  for (const BuiltInEdition& e : editions) names.emplace_back(e.name);
  return fail(ErrorKind::not_found,
              fmt::format("there is no edition '{}', nor a file of that name", name_or_file),
              names.empty() ? "Fit one: joulemark score edition fit --out FILE"
                            : fmt::format("Built in: {}", join_words(names)));
}

}  // namespace joulemark::score

#include "score/built_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.hpp"
#include "score/edition_text.hpp"

namespace joulemark::score {

Result<Edition> edition_named(const std::string& name_or_file) {
  const auto editions = built_in_editions();
  if (name_or_file.empty() && !editions.empty()) return from_text(editions.back().text);
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

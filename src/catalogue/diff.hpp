#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalogue/tables.hpp"

namespace joulemark::catalogue {

/// One difference between two catalogues.
struct Change {
  enum class What { added, removed, changed };
  What what;
  std::string file;
  std::string row;            ///< the cells that say what the row is about, with spaces between
  std::string column;         ///< of what changed; empty for whole rows
  std::string before, after;  ///< cells; empty for whole rows, or where a value is not known
};

/// What turns the tables of `before` into those of `after`, in the order of tables and rows; where
/// they are from is left out. Errors: those of reading either.
Result<std::vector<Change>> diff(const TextViews& before, const TextViews& after);

}  // namespace joulemark::catalogue

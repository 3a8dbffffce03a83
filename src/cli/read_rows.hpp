#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "analysis/row.hpp"
#include "base/result.hpp"
#include "cli/options.hpp"

namespace joulemark::cli {

/// All rows of the setups that match, each beside what is published about it; an empty glob is all.
/// With `predicted`, to choose among, also models that were not measured, each marked. Error:
/// not_found, naming the setups that are there; those of the store.
Result<std::vector<analysis::Row>> rows_to_analyse(const std::string& setup_glob,
                                                   const CommonOptions& common,
                                                   bool predicted = false);

/// Rows of one setup, and the names of those that were not taken.
struct OneSetup {
  std::vector<analysis::Row> rows;
  std::vector<std::string> others;
};
/// Of those that match, the setup with the most models under this policy. Of others no more is read
/// than how many rows they have, unless these are so many that they might have more, or tell of the
/// boards of that one. Errors: those of rows_to_analyse.
Result<OneSetup> rows_to_choose_from(const std::string& setup_glob, const std::string& policy,
                                     const CommonOptions& common);

/// Its run; null for a row that no run stands behind.
nlohmann::ordered_json run_or_null(const analysis::Row& row);

}  // namespace joulemark::cli

#pragma once

#include <string>
#include <vector>

#include "analysis/row.hpp"
#include "base/result.hpp"
#include "cli/options.hpp"

namespace joulemark::cli {

/// All rows of the setups that match, each beside what is published about it; an empty glob is all.
/// Error: not_found, naming the setups that are there; those of the store.
Result<std::vector<analysis::Row>> rows_to_analyse(const std::string& setup_glob,
                                                   const CommonOptions& common);

}  // namespace joulemark::cli

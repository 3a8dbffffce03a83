#pragma once

#include <span>

#include "base/result.hpp"
#include "site/files.hpp"
#include "store/record.hpp"

namespace joulemark::site {

/// Where it is, below the root of a site.
inline constexpr const char* kDatabase = "api/v1/joulemark.sqlite";
/// More rows are not offered: whoever has so many has their database, and a site is held in memory.
inline constexpr std::size_t kMostRowsInDatabase = 20'000;

/// Rows with all that belongs to them (windows, conditions, provenance) as the SQLite file that
/// joulemark reads (docs/database.md): the same bytes for the same rows. It is written to a
/// temporary folder first. Errors: the store's; io where there is no room for that folder.
Result<File> database(std::span<const store::Record> records);

}  // namespace joulemark::site

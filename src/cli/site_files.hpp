#pragma once

#include <atomic>

#include "base/result.hpp"
#include "cli/options.hpp"
#include "site/files.hpp"

namespace joulemark::cli {

/// How much of the machine making a site may take.
enum class Haste {
  none,  ///< one thread, behind everything else that runs: something may be measured meanwhile
  all,   ///< somebody waits: every CPU
};

/// Everything that a site of this database has: the documents of its rows, the texts that describe
/// them and, but for --api-only, the page. `stop` ends it between two analyses. Errors: those of
/// the store, site::documents and site::page.
Result<site::Files> site_files(const SiteOptions& options, const CommonOptions& common,
                               const std::atomic<bool>& stop, Haste haste);

}  // namespace joulemark::cli

#pragma once

#include <memory>

#include "cli/options.hpp"
#include "store/store.hpp"

namespace joulemark::cli {

/// How this process wants a shared store: as patient as --db-wait says, until Ctrl-C, and telling
/// of lost connections on standard error.
store::OpenOptions store_options(const CommonOptions& common);

/// The store that --db names. Errors: those of store::open_store.
Result<std::unique_ptr<store::Store>> open_store(const CommonOptions& common, store::Mode mode);

}  // namespace joulemark::cli

#pragma once

#include "catalogue/catalogue.hpp"
#include "catalogue/tables.hpp"

namespace joulemark::catalogue {

/// The files of data/catalogue that this program was built with.
const TextViews& built_in_texts();

/// The same, read at the first call: some milliseconds.
const Catalogue& built_in();

}  // namespace joulemark::catalogue

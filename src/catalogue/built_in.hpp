#pragma once

#include <array>

#include "catalogue/catalogue.hpp"
#include "catalogue/tables.hpp"

namespace joulemark::catalogue {

/// A file of data/catalogue that this program was built with.
struct BuiltInFile {
  const char* name;
  const char* text;
};
extern const std::array<BuiltInFile, 7> kBuiltInFiles;

/// All of them.
const TextViews& built_in_texts();

/// The same, read at the first call: some milliseconds.
const Catalogue& built_in();

}  // namespace joulemark::catalogue

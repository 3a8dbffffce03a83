#pragma once

#include <cstddef>

#include "store/store.hpp"

namespace joulemark::store {

/// What merging one store into another did with its rows and calibrations.
struct Merged {
  std::size_t added = 0;
  std::size_t there = 0;  ///< already, and the same
};

/// Adds the records and calibrations of `from` that `into` lacks, in their order: a second time it
/// changes nothing. Errors: the stores'; invalid_input where two that differ have one identifier,
/// and then nothing was added.
Result<Merged> merge(Store& from, Store& into);

}  // namespace joulemark::store

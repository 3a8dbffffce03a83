#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/units.hpp"
#include "store/record.hpp"

namespace joulemark::store {

/// What a row's provenance says that others than its reader ask for.
struct Said {
  bool cuda_graph = false;  ///< not of its setup, which may have any name
  std::optional<std::size_t> job;
  std::string sitting;              ///< the call that made it
  std::optional<Nanoseconds> took;  ///< the wall time of it all
};

/// What it does not say is as if nothing was there.
Said said_by(const Record& record);

/// Sets the board of a row that was written before there was a column for it, from its provenance.
void add_board(Record& record);

}  // namespace joulemark::store

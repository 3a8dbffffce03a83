#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

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

/// Columns that rows of earlier versions do not have, and whose values stand in their documents, in
/// the order in which schemas got them.
inline constexpr std::string_view kLaterColumns[] = {"board", "temperature_c"};
/// Sets those of a row that has them not: the board from its provenance, the temperature from the
/// conditions at its start and end. What the documents do not say stays absent.
void fill_later_columns(Record& record);

}  // namespace joulemark::store

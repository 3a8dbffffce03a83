#pragma once

#include <optional>
#include <string_view>

#include "base/units.hpp"

namespace joulemark {

/// An energy as people write it: "100mJ", "0.1 J", "80 uJ", "0.1" (joules). Absent for anything
/// else, and for what is not a finite number.
std::optional<Joules> joules_of(std::string_view text);

}  // namespace joulemark

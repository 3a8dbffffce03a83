#pragma once

#include <string>

#include "store/record.hpp"

namespace joulemark::report {

/// Everything about one run as text: each number with its unit, interval and origin; flags in
/// words; conditions; windows.
std::string show(const store::Record& record);

}  // namespace joulemark::report

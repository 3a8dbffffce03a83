#pragma once

#include <string>

#include "store/record.hpp"

namespace joulemark::report {

/// Everything about one run as text: each number with its unit, interval and origin; flags in
/// words; conditions; windows.
std::string show(const store::Record& record);

/// What a flag means, in a few words; empty for an unknown one.
std::string flag_meaning(const std::string& flag);

}  // namespace joulemark::report

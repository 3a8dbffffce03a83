#pragma once

#include <optional>
#include <string>

#include "store/record.hpp"

namespace joulemark::campaign {

/// Why a row's numbers do not follow from its own windows and terms, or nothing: energy, net
/// energy, throughput, power, time, number of windows, interval, systematic term, within a
/// millionth; and a failure must have no energy.
std::optional<std::string> unsound(const store::Record& record);

}  // namespace joulemark::campaign

#pragma once

#include <string>

#include "base/result.hpp"
#include "meter/calibration.hpp"

/// A calibration as text: for programs, and for people.
namespace joulemark::calibrate {

/// JSON; docs/calibration.md lists the members. What is unknown is not there.
std::string to_json(const meter::Calibration& calibration);

/// The inverse. Error: invalid_input naming the member that is wrong.
Result<meter::Calibration> from_json(const std::string& text);

/// A table of every term with its unit, for a terminal.
std::string to_words(const meter::Calibration& calibration);

}  // namespace joulemark::calibrate

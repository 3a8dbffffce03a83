#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "measure/cross_check.hpp"
#include "meter/doctor.hpp"

/// `joulemark doctor --check`: whether the meters of this machine agree with themselves.
namespace joulemark::cli {

/// What came of checking one device.
struct CheckedMeter {
  std::string meter;   ///< registry name
  std::string device;  ///< with its identity, where it has one
  double seconds = 0.0;
  Result<std::vector<measure::Comparison>> comparisons;
};

/// Watches every device of every meter that was found, one after the other.
std::vector<CheckedMeter> check_meters(const std::vector<meter::MeterFinding>& found, Clock& clock);

/// A JSON array.
std::string check_json(const std::vector<CheckedMeter>& checked);
/// A section of the doctor's page.
std::string check_text(const std::vector<CheckedMeter>& checked);

}  // namespace joulemark::cli

#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "calibrate/observe.hpp"
#include "meter/calibration.hpp"
#include "store/store.hpp"

/// Between the store and a calibration.
namespace joulemark::cli {

store::StoredCalibration to_stored(const meter::Calibration& calibration);

/// Writes everything that a calibration saw into a folder, as CSV: readings of the counter, and for
/// each state and square its points, samples and instant power.
Result<void> write_observations(const std::filesystem::path& folder,
                                const calibrate::Observations& seen);

}  // namespace joulemark::cli

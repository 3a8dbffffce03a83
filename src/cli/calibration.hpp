#pragma once

#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "calibrate/observe.hpp"
#include "meter/calibration.hpp"
#include "store/store.hpp"

/// Between the store and a calibration.
namespace joulemark::cli {

store::StoredCalibration to_stored(const meter::Calibration& calibration);

/// The newest calibration of this meter of this device; absent when none was made. Errors: those of
/// the store, and invalid_input for one that cannot be read.
Result<std::optional<meter::Calibration>> find_calibration(store::Store& store,
                                                           const meter::MeterInfo& meter);

/// Writes everything that a calibration saw into a folder, as CSV: readings of the counter, and for
/// each state and square its points, samples and instant power.
Result<void> write_observations(const std::filesystem::path& folder,
                                const calibrate::Observations& seen);

}  // namespace joulemark::cli

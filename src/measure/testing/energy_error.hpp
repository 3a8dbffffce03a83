#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "meter/synthetic.hpp"

/// How far a measured energy per image is from one that is known in closed form. The measuring is
/// the real one (measure_batch with its observer, tick tracker and windows, then make_record); the
/// meter is a waveform, the worker completes a step every so often, and no time passes on a wall
/// clock. Shared by energy_error_test and the benchmark bench/energy.
namespace joulemark::measure::energy_error {

/// A power over time.
struct Load {
  std::string_view name;
  std::string_view waveform;  ///< see meter/waveform.hpp
  Nanoseconds period{0};      ///< 0: it does not repeat
};
/// Ten loads: constant, periodic from 2 s down to 20 ms, drifting, and short peaks.
std::span<const Load> loads();

/// What lies between the power and the numbers that a meter gives.
struct Sensor {
  std::string_view name;
  meter::SensorModel model;
  bool has_energy = true;       ///< false: a ring of power samples is all there is
  double systematic_rel = 0.0;  ///< what the meter states of its own accuracy
  /// The spacing at which the sensor itself looks at the power; 0: it integrates exactly.
  Nanoseconds sampling() const { return has_energy ? model.sampling : model.ring_period; }
};
std::span<const Sensor> sensors();

/// One measurement, in J/image. True is the integral of the waveform from the first window's start
/// to the last one's end, over the images completed in that time.
struct Trial {
  double measured = 0.0;
  double truth = 0.0;
  /// The part of the error that the sensor brings in, relative: its own energy between its updates
  /// next to these two times, over the integral between the same updates, less 1. Nobody who reads
  /// this sensor can do better.
  double sensor_error = 0.0;
  double ci95_rel = 0.0;        ///< as stated in the record
  double systematic_rel = 0.0;  ///< as stated in the record

  double error() const { return measured / truth - 1.0; }
  /// What the method adds to the sensor's own error.
  double method_error() const { return (1.0 + error()) / (1.0 + sensor_error) - 1.0; }
  /// True when the truth lies within ci95 + systematic.
  bool covered() const;
};

/// One load seen by one sensor at one step time, tried with several phases between load, sensor
/// and worker: what is exact in one phase only was luck.
struct Cell {
  const Load* load = nullptr;
  const Sensor* sensor = nullptr;
  Nanoseconds step{0};
  std::vector<Trial> trials;

  const Trial& worst() const;         ///< of the largest |error|
  double worst_sensor_error() const;  ///< the largest |sensor_error|
  double worst_method_error() const;  ///< the largest |method_error|
  double covered_share() const;       ///< of the trials, 0 to 1
  /// True when the sensor itself gives the energy of this load within `allowed` (relative).
  bool resolved(double allowed) const { return worst_sensor_error() <= allowed; }
};

/// Measures at batch 1 with steps of `step`. Errors: those of measure_batch, and `unstable` where
/// its windows give no number.
Result<Trial> measure_once(const Load& load, const Sensor& sensor, Nanoseconds step, int phase);
Result<Cell> measure_cell(const Load& load, const Sensor& sensor, Nanoseconds step, int phases);

}  // namespace joulemark::measure::energy_error

#pragma once

#include <cstdint>
#include <memory>

#include "meter/waveform.hpp"

namespace joulemark::meter::fake {

/// How the sensor of a data-centre GPU looks at its power. Times are in seconds.
struct BoardSensorModel {
  double update = 0.1;     ///< between two updates of counter and power
  double sampling = 0.0;   ///< the counter sums samples so far apart; 0: the exact integral
  double jitter = 0.0;     ///< an update is so much early or late at most; below half of `update`
  double averaging = 1.0;  ///< average power is a running mean over so long
  double wrap = 0.0;       ///< J at which the counter starts again from zero; 0: never
  std::uint64_t seed = 1;  ///< of the jitter
};

/// What such a sensor shows of a waveform at any time. It has no clock and no memory: the same time
/// gives the same answer in every process, so that many may watch one board. Time 0 is where the
/// waveform begins; nothing is counted before.
class BoardSensor {
 public:
  BoardSensor(std::unique_ptr<Waveform> waveform, const BoardSensorModel& model)
      : waveform_(std::move(waveform)), model_(model) {}

  /// When the update that is shown at `t` was made, no later than `t`.
  double updated(double t) const;
  /// J that the sensor has seen when it updates at `t`: the integral, or the sum of its samples.
  double counted(double t) const;
  /// Of `joules`, what a counter shows that wraps.
  double wrapped(double joules) const;
  /// W at `t`, and the running mean up to `t`.
  double watts(double t) const;
  double mean_watts(double t) const;
  /// J really used in [0, t].
  double joules(double t) const;

 private:
  double jitter(std::int64_t update) const;

  std::unique_ptr<Waveform> waveform_;
  BoardSensorModel model_;
};

}  // namespace joulemark::meter::fake

#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "meter/meter.hpp"
#include "meter/waveform.hpp"

namespace joulemark::meter {

/// How the sensor of a synthetic meter sees its waveform.
struct SensorModel {
  Nanoseconds update_period{0};  ///< of the energy counter and power; 0: always fresh
  Nanoseconds phase{0};          ///< of the updates
  Joules resolution{1e-3};       ///< the counter is rounded down to multiples of it
  Nanoseconds sampling{0};  ///< internal sampling: the counter sums such samples; 0: exact integral
  Nanoseconds query_cost{0};   ///< every query takes this long (on the clock given)
  Nanoseconds ring_period{0};  ///< spacing of ring samples; 0: no ring
  std::size_t ring_length = 119;
};

/// A meter of a power that is known in closed form. Its waveform begins when it is opened.
std::unique_ptr<Meter> make_synthetic(std::unique_ptr<Waveform> waveform, const SensorModel& sensor,
                                      Clock& clock);

/// "WAVEFORM[;update=MS][;sampling=MS][;ring=MS][;cost=MS]", e.g.
/// "square:100,400,0.5,0.5;update=100;ring=20". Error: invalid_input.
Result<std::unique_ptr<Meter>> open_synthetic(const std::string& description, Clock& clock);

}  // namespace joulemark::meter

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"

namespace joulemark::meter {

/// Power as a function of time with an integral in closed form: the known answer of a test.
/// Time is seconds since the waveform's own zero.
class Waveform {
 public:
  virtual ~Waveform() = default;
  virtual double watts(double t) const = 0;
  /// Joules used in [0, t].
  virtual double joules(double t) const = 0;
};

/// Reads a waveform from its description:
///   flat:WATTS
///   square:LOW,HIGH,PERIOD_S,DUTY         high for the first DUTY (at most 1) of each period
///   sine:MEAN,AMPLITUDE,PERIOD_S          AMPLITUDE at most MEAN
///   ramp:FROM,TO,SECONDS                  then TO for ever
///   step:BEFORE,AFTER,AT_S
///   spike:BASE,PEAK,PERIOD_S,WIDTH_S      a peak of that width at the start of each period
///   sawtooth:LOW,HIGH,PERIOD_S
///   stairs:FIRST,CHANGE,SECONDS,COUNT     COUNT changes, one every SECONDS
///   burst:LOW,HIGH,PULSE_S,COUNT,PERIOD_S COUNT pulses, each with a pause as long, at the start of
///                                         each period; they fit into it
///   throttle:FIRST,LAST,SECONDS,COUNT     from FIRST to LAST in COUNT equal changes, one every
///                                         SECONDS; LAST also holds SECONDS, then FIRST again
/// Powers are from 0 to 1e9 W, also after the last of the stairs; times from 1e-9 to 1e9 s.
/// Error: invalid_input naming the forms.
Result<std::unique_ptr<Waveform>> parse_waveform(std::string_view description);

}  // namespace joulemark::meter

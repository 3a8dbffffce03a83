#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "meter/meter.hpp"

namespace joulemark::meter {

/// A recorded reading: seconds since the start of the trace, energy so far, power at that time.
struct TracePoint {
  double seconds = 0.0;
  double joules = 0.0;
  double watts = 0.0;
};

/// Reads a trace: the line "seconds,joules,watts", then one point a line, times increasing, energy
/// not decreasing, at least two points. Errors: invalid_input with the line's number.
Result<std::vector<TracePoint>> parse_trace(std::string_view text);
std::string format_trace(std::span<const TracePoint> points);

/// Plays a trace on the clock, from its beginning at the moment of opening, each point held until
/// the next. After its last point the meter is lost. Errors: not_found, those of parse_trace.
Result<std::unique_ptr<Meter>> open_replay(const std::filesystem::path& trace, Clock& clock);

}  // namespace joulemark::meter

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

/// A recorded reading: time on any clock of the recorder, energy so far, power at that time.
struct TracePoint {
  double seconds = 0.0;
  double joules = 0.0;
  double watts = 0.0;
};

/// Reads a trace: the line "seconds,joules,watts", then one point a line, times (0 to 1e9 s)
/// increasing, energy not decreasing, nothing negative, at least two points. Errors: invalid_input
/// with the line's number.
Result<std::vector<TracePoint>> parse_trace(std::string_view text);
std::string format_trace(std::span<const TracePoint> points);

/// Plays points (as parse_trace promises them) on the clock, the first at the moment of opening,
/// each held until the next. At the time of the last one the trace is over and the meter lost.
std::unique_ptr<Meter> make_replay(std::vector<TracePoint> points, std::string name, Clock& clock);

/// The same for a file. Errors: not_found when it cannot be read, those of parse_trace.
Result<std::unique_ptr<Meter>> open_replay(const std::filesystem::path& trace, Clock& clock);

}  // namespace joulemark::meter

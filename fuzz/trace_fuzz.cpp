#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/clock.hpp"
#include "meter/replay.hpp"

namespace joulemark {
namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

void check_points(const std::vector<meter::TracePoint>& points) {
  require(points.size() >= 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const meter::TracePoint& p = points[i];
    require(std::isfinite(p.seconds) && std::isfinite(p.joules) && std::isfinite(p.watts));
    require(p.seconds >= 0.0 && p.joules >= 0.0 && p.watts >= 0.0);
    require(i == 0 || (p.seconds > points[i - 1].seconds && p.joules >= points[i - 1].joules));
  }
}

/// What was written reads back as the same points, to the last bit.
void check_round_trip(const std::vector<meter::TracePoint>& points) {
  const auto again = meter::parse_trace(meter::format_trace(points));
  require(again && again->size() == points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    require((*again)[i].seconds == points[i].seconds && (*again)[i].joules == points[i].joules &&
            (*again)[i].watts == points[i].watts);
  }
}

/// A meter that plays them never loses energy, and ends.
void check_replay(const std::vector<meter::TracePoint>& points) {
  ManualClock clock;
  const auto replay = meter::make_replay(points, "trace", clock);
  const auto& period = replay->info().update_period;
  require(!period || period->count() > 0);
  double before = 0.0;
  for (int i = 0; i < 8; ++i) {
    const auto energy = replay->energy();
    if (!energy) break;
    require(energy->value >= before);
    before = energy->value;
    clock.advance(from_seconds((points.back().seconds - points.front().seconds) / 7.0));
  }
  clock.advance(std::chrono::hours(24 * 365 * 40));
  require(!replay->energy() && replay->energy().error().kind == ErrorKind::meter_lost);
}

/// A trace is a file that others may have made: any bytes give points that keep their promises, or
/// an error that names a line.
void check(std::string_view text) {
  const auto points = meter::parse_trace(text);
  if (!points) {
    require(points.error().what.starts_with("line ") && !points.error().next.empty());
    return;
  }
  check_points(*points);
  check_round_trip(*points);
  check_replay(*points);
}

}  // namespace
}  // namespace joulemark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  joulemark::check({reinterpret_cast<const char*>(data), size});
  return 0;
}

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "meter/synthetic.hpp"
#include "meter/waveform.hpp"

namespace joulemark {
namespace {

using namespace std::chrono_literals;

void require(bool promise) {
  if (!promise) std::abort();
}

/// Power and energy at a few times: finite, never negative, energy never given back (but for what
/// rounding takes).
void check_waveform(std::string_view description) {
  const auto waveform = meter::parse_waveform(description);
  if (!waveform) {
    require(!waveform.error().what.empty() && !waveform.error().next.empty());
    return;
  }
  double before = 0.0;
  for (const double t : {0.0, 1e-9, 0.1, 0.3, 1.0, 1.0 + 1e-9, 7.77, 3600.0, 86400.0}) {
    const double watts = (*waveform)->watts(t);
    const double joules = (*waveform)->joules(t);
    require(std::isfinite(watts) && watts >= 0.0);
    require(std::isfinite(joules) && joules >= before - 1e-8 * (1.0 + before));
    before = std::max(before, joules);
  }
}

/// As a meter, settings included: the counter never steps back, and the ring is in order.
void check_meter(const std::string& description) {
  ManualClock clock(Instant{1000s});
  const auto meter = meter::open_synthetic(description, clock);
  if (!meter) {
    require(!meter.error().what.empty() && !meter.error().next.empty());
    return;
  }
  double before = 0.0;
  for (const Nanoseconds wait : {0ns, 1ns, 20'000'000ns, 100'000'000ns, 1'234'567'891ns}) {
    clock.advance(wait);
    const auto energy = (*meter)->energy();
    const auto power = (*meter)->power();
    require(energy && std::isfinite(energy->value) && energy->value >= before);
    require(power && std::isfinite(power->value) && power->value >= 0.0);
    before = energy->value;
  }
  const auto ring = (*meter)->ring_since(Instant{1000s});
  require(ring.has_value() == (*meter)->info().has_ring);
  for (std::size_t i = 1; ring && i < ring->size(); ++i) {
    require((*ring)[i].at > (*ring)[i - 1].at);
  }
}

/// A waveform comes from the command line: any bytes give a meter that keeps its promises, or an
/// error that says what is known.
void check(std::string_view text) {
  const std::string description(text);
  check_waveform(description.substr(0, description.find(';')));
  check_meter(description);
}

}  // namespace
}  // namespace joulemark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  joulemark::check({reinterpret_cast<const char*>(data), size});
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/clock.hpp"
#include "calibrate/text.hpp"
#include "meter/synthetic.hpp"

namespace calibrate = joulemark::calibrate;
namespace meter = joulemark::meter;

/// A database may come from anywhere, and with it a calibration: any text gives one that a meter
/// can be used with and that can be shown, or an error that says what to do.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = calibrate::from_json({reinterpret_cast<const char*>(data), size});
  if (!read) {
    if (read.error().what.empty() || read.error().next.empty()) std::abort();
    return 0;
  }
  if (calibrate::to_words(*read).empty()) std::abort();
  if (!calibrate::from_json(calibrate::to_json(*read))) std::abort();
  joulemark::ManualClock clock;
  const auto plain = meter::open_synthetic("flat:100;update=100;ring=20", clock);
  const auto better = meter::calibrated(**plain, *read);
  const meter::MeterInfo& info = better->info();
  if (info.update_period && info.update_period->count() <= 0) std::abort();
  if (info.energy_lag.count() < 0 || info.ring_lag.count() < 0 || info.query_cost.count() < 0)
    std::abort();
  if (!(info.systematic_rel >= 0.0)) std::abort();
  return 0;
}

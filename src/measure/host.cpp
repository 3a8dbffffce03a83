#include <algorithm>
#include <vector>

#include "base/statistics.hpp"
#include "measure/decide.hpp"

namespace joulemark::measure {

double host_spare(double waited_share, Nanoseconds step, std::optional<Nanoseconds> shortest,
                  std::optional<double> pace_spread) {
  if (!shortest || step <= Nanoseconds(0)) return waited_share;
  if (pace_spread && *pace_spread > kUneven) return waited_share;
  return std::max(waited_share, 1.0 - seconds(*shortest) / seconds(step));
}

std::optional<double> pace_spread(std::span<const MeasuredWindow> windows) {
  if (windows.size() < 3) return std::nullopt;
  std::vector<double> rates;
  for (const MeasuredWindow& w : windows) rates.push_back((w.images / (w.to - w.from)).value);
  const double usual = mean(rates);
  if (!(usual > 0.0)) return std::nullopt;
  return standard_deviation(rates) / usual;
}

double host_term(double launch_spread_rel, double spare, Watts waiting, Watts power) {
  if (!(power.value > 0.0)) return 0.0;
  const double longer = (1.0 + 2.0 * launch_spread_rel) * (1.0 - spare) - 1.0;
  return std::max(0.0, longer) * waiting.value / power.value;
}

}  // namespace joulemark::measure

#include <algorithm>

#include "measure/decide.hpp"

namespace joulemark::measure {

double host_spare(double waited_share, Nanoseconds step, std::optional<Nanoseconds> shortest) {
  if (!shortest || step <= Nanoseconds(0)) return waited_share;
  return std::max(waited_share, 1.0 - seconds(*shortest) / seconds(step));
}

double host_term(double launch_spread_rel, double spare, Watts waiting, Watts power) {
  if (!(power.value > 0.0)) return 0.0;
  const double longer = (1.0 + 2.0 * launch_spread_rel) * (1.0 - spare) - 1.0;
  return std::max(0.0, longer) * waiting.value / power.value;
}

}  // namespace joulemark::measure

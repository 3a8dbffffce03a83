#include <algorithm>

#include "measure/decide.hpp"

namespace joulemark::measure {

double host_term(double launch_spread_rel, double waited_share, Watts waiting, Watts power) {
  if (!(power.value > 0.0)) return 0.0;
  const double longer = (1.0 + 2.0 * launch_spread_rel) * (1.0 - waited_share) - 1.0;
  return std::max(0.0, longer) * waiting.value / power.value;
}

}  // namespace joulemark::measure

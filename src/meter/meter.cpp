#include "meter/meter.hpp"

namespace joulemark::meter {

std::string_view name(Scope scope) {
  switch (scope) {
    case Scope::gpu_board:
      return "gpu_board";
    case Scope::gpu_mig_slice:
      return "gpu_mig_slice";
    case Scope::cpu_package:
      return "cpu_package";
    case Scope::cpu_package_dram:
      return "cpu_package_dram";
    case Scope::cpu_estimate:
      return "cpu_estimate";
    case Scope::simulated:
      return "simulated";
  }
  return "simulated";
}

}  // namespace joulemark::meter

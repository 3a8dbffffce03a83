#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "meter/meter.hpp"

namespace joulemark::meter {

struct NvmlOptions {
  std::string library = "libnvidia-ml.so.1";
  std::string pci_bus_id;  ///< which GPU; empty: by index
  unsigned index = 0;      ///< NVML's index, which CUDA_VISIBLE_DEVICES does not change
};

/// The board energy of one NVIDIA GPU. Errors: those of nvml::load; not_found when there is no such
/// GPU; unsupported when it offers neither energy nor power.
Result<std::unique_ptr<Meter>> open_nvml(const NvmlOptions& options, Clock& clock);

/// How many GPUs the driver shows, hidden from CUDA or not.
Result<unsigned> nvml_device_count(const std::string& library);

}  // namespace joulemark::meter

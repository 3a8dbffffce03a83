#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "meter/estimate.hpp"
#include "meter/meter.hpp"

namespace joulemark::meter {

/// Everything that any meter may need to be opened.
struct MeterOptions {
  Clock* clock = nullptr;
  std::filesystem::path root = "/";  ///< of sysfs and procfs
  std::string nvml_library;          ///< empty: $JOULEMARK_NVML_LIBRARY, or the driver's
  std::string pci_bus_id;            ///< of the GPU; empty: gpu_index
  /// NVML's index of the GPU. Absent: the only one there is.
  std::optional<unsigned> gpu_index;
  PowerModel power_model;                                ///< of the estimate
  std::string waveform = "flat:100;update=100;ring=20";  ///< of the synthetic meter
  std::filesystem::path trace;                           ///< of the replay
};

/// One way of measuring.
struct MeterEntry {
  std::string_view name;
  std::string_view measures;
  bool for_gpu;
  bool of_host;  ///< counts what all of a host's devices cause
  Result<std::unique_ptr<Meter>> (*open)(const MeterOptions&);
};

/// Every meter, best first.
std::span<const MeterEntry> meters();

/// Whether a meter counts for a whole host; whether it is made up. False for unknown names.
bool is_of_host(std::string_view name);
bool is_simulated(std::string_view name);

/// Opens a meter by name; "auto" is the best for a device ("cpu", "cuda:N"): NVML for GPUs, RAPL
/// for CPUs where it can be read, the estimate otherwise. Errors: invalid_input naming the meters
/// that exist, and those of the meter.
Result<std::unique_ptr<Meter>> open_meter(std::string_view name, std::string_view device,
                                          const MeterOptions& options);

/// Applies "key=value" settings (--meter-option). Keys: waveform, trace, idle-watts-per-cpu,
/// busy-watts-per-cpu, gpu, nvml-library. Error: invalid_input naming the keys.
Result<void> apply_setting(std::string_view setting, MeterOptions& options);

/// All of them, in their order; ends with the first that is wrong.
Result<void> apply_settings(const std::vector<std::string>& settings, MeterOptions& options);

/// The library that NVML is loaded from under these options.
std::string nvml_library(const MeterOptions& options);

}  // namespace joulemark::meter

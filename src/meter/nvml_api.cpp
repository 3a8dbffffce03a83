#include "meter/nvml_api.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <map>

namespace joulemark::meter::nvml {
namespace {

constexpr const char* kInstall =
    "Install NVIDIA's driver (on Debian: apt install nvidia-driver; in a container: start it with "
    "--gpus all) and see that `nvidia-smi` works";

template <class Function>
bool find(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
  return function != nullptr;
}

/// The first of two names that the library has: newer first.
template <class Function>
bool find_either(void* library, const char* newer, const char* older, Function& function) {
  return find(library, newer, function) || find(library, older, function);
}

/// Returns the name of a needed function that is missing, or null.
const char* resolve(void* lib, Api& api) {
  if (!find(lib, "nvmlInit_v2", api.init)) return "nvmlInit_v2";
  if (!find(lib, "nvmlShutdown", api.shutdown)) return "nvmlShutdown";
  if (!find(lib, "nvmlErrorString", api.error_string)) return "nvmlErrorString";
  if (!find(lib, "nvmlDeviceGetCount_v2", api.device_count)) return "nvmlDeviceGetCount_v2";
  if (!find(lib, "nvmlDeviceGetHandleByIndex_v2", api.handle_by_index)) {
    return "nvmlDeviceGetHandleByIndex_v2";
  }
  if (!find(lib, "nvmlDeviceGetHandleByPciBusId_v2", api.handle_by_pci)) {
    return "nvmlDeviceGetHandleByPciBusId_v2";
  }
  find(lib, "nvmlDeviceGetName", api.name);
  find(lib, "nvmlDeviceGetUUID", api.uuid);
  find(lib, "nvmlDeviceGetTotalEnergyConsumption", api.energy);
  find(lib, "nvmlDeviceGetFieldValues", api.field_values);
  find(lib, "nvmlDeviceGetSamples", api.samples);
  find(lib, "nvmlDeviceGetClockInfo", api.clock);
  find(lib, "nvmlDeviceGetMaxClockInfo", api.max_clock);
  find(lib, "nvmlDeviceGetTemperature", api.temperature);
  find_either(lib, "nvmlDeviceGetCurrentClocksEventReasons",
              "nvmlDeviceGetCurrentClocksThrottleReasons", api.event_reasons);
  find(lib, "nvmlDeviceGetEnforcedPowerLimit", api.power_limit);
  find(lib, "nvmlDeviceGetMigMode", api.mig_mode);
  find(lib, "nvmlDeviceGetEccMode", api.ecc_mode);
  find(lib, "nvmlDeviceGetPersistenceMode", api.persistence_mode);
  find(lib, "nvmlDeviceGetComputeRunningProcesses_v3", api.processes);
  find(lib, "nvmlSystemGetDriverVersion", api.driver_version);
  return nullptr;
}

Result<Api> open_library(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(ErrorKind::not_found, fmt::format("there is no NVIDIA driver library ({})", path),
                kInstall);
  }
  Api api;
  if (const char* missing = resolve(library, api)) {
    dlclose(library);
    return fail(ErrorKind::not_found, fmt::format("{} has no function {}", path, missing),
                "Update NVIDIA's driver: release 470 or newer is needed");
  }
  const Return started = api.init();
  if (started == kSuccess) return api;
  const std::string why = api.error_string(started);
  dlclose(library);
  if (started == kVersionMismatch) {
    return fail(
        ErrorKind::unsupported, fmt::format("NVML does not start: {}", why),
        "The driver was updated while the kernel still runs the old one: restart the machine");
  }
  return fail(ErrorKind::unsupported, fmt::format("NVML does not start: {}", why), kInstall);
}

}  // namespace

std::optional<double> to_double(const Value& v, int type) {
  switch (type) {
    case kDouble:
      return v.d;
    case kUnsignedInt:
      return v.ui;
    case kUnsignedLong:
      return static_cast<double>(v.ul);
    case kUnsignedLongLong:
      return static_cast<double>(v.ull);
    case kSignedLongLong:
      return static_cast<double>(v.sll);
    case kSignedInt:
      return v.si;
    case kUnsignedShort:
      return v.us;
    default:
      return std::nullopt;
  }
}

Result<const Api*> load(const std::string& library) {
  // Never unloaded: NVML keeps threads and handles of its own until the process ends.
  static std::map<std::string, Api> loaded;
  if (const auto known = loaded.find(library); known != loaded.end()) return &known->second;
  auto api = open_library(library);
  if (!api) return tl::unexpected(api.error());
  return &loaded.emplace(library, *api).first->second;
}

Error to_error(const Api& api, std::string_view what, Return result) {
  Error error{ErrorKind::meter_lost, fmt::format("{}: {}", what, api.error_string(result)), ""};
  switch (result) {
    case kNotSupported:
      error.kind = ErrorKind::unsupported;
      error.next = "This GPU does not offer it; `joulemark doctor` lists what it does";
      break;
    case kNoPermission:
      error.kind = ErrorKind::permission_denied;
      error.next = "Run as a user who may use the GPU (group video or render), or as root";
      break;
    case kGpuIsLost:
      error.next = "The GPU fell off the bus: see `dmesg`, and restart the machine";
      break;
    default:
      error.next = "See `nvidia-smi` and `joulemark doctor`";
  }
  return error;
}

std::string_view event_reason_name(int bit) {
  static constexpr std::array<std::string_view, 11> kNames = {"gpu_idle",
                                                              "applications_clocks_setting",
                                                              "sw_power_cap",
                                                              "hw_slowdown",
                                                              "sync_boost",
                                                              "sw_thermal_slowdown",
                                                              "hw_thermal_slowdown",
                                                              "hw_power_brake_slowdown",
                                                              "display_clock_setting",
                                                              "board_limit",
                                                              "reliability"};
  return bit >= 0 && bit < static_cast<int>(kNames.size()) ? kNames[static_cast<std::size_t>(bit)]
                                                           : "unknown";
}

}  // namespace joulemark::meter::nvml

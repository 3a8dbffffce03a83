// What the fake libnvidia-ml.so.1 answers besides its measurements: the library, its devices, their
// state. Joulemark asks for some of it, other programs for the rest.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "meter/testing/fake_board.hpp"

namespace {

namespace nvml = joulemark::meter::nvml;
using joulemark::meter::fake::fake_board;
using joulemark::meter::fake::fake_handle;
using nvml::Device;
using nvml::Return;

constexpr double kLimitWatts = 700.0;
constexpr unsigned kSmClock = 1980;
constexpr unsigned kMemoryClock = 3201;
constexpr unsigned kHopper = 9;  ///< NVML_DEVICE_ARCH_HOPPER

struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};
struct Utilization {
  unsigned gpu;
  unsigned memory;
};

Return copy(const std::string& text, char* out, unsigned size) {
  if (text.size() + 1 > size) return nvml::kInsufficientSize;
  std::memcpy(out, text.c_str(), text.size() + 1);
  return nvml::kSuccess;
}

}  // namespace

extern "C" {

// --- The library -----------------------------------------------------------------------------

Return nvmlInit_v2() { return static_cast<Return>(fake_board().number("init", 0)); }
Return nvmlInitWithFlags(unsigned) { return nvmlInit_v2(); }
Return nvmlShutdown() { return nvml::kSuccess; }
const char* nvmlErrorString(Return r) {
  switch (r) {
    case nvml::kSuccess:
      return "Success";
    case nvml::kNotSupported:
      return "Not Supported";
    case nvml::kNoPermission:
      return "Insufficient Permissions";
    case nvml::kNotFound:
      return "Not Found";
    case nvml::kDriverNotLoaded:
      return "Driver Not Loaded";
    case nvml::kGpuIsLost:
      return "GPU is lost";
    default:
      return "Unknown Error";
  }
}
Return nvmlSystemGetDriverVersion(char* out, unsigned size) {
  return copy("580.0-fake", out, size);
}

// --- Its devices -----------------------------------------------------------------------------

Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = fake_board().devices();
  return nvml::kSuccess;
}
Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* out) {
  if (index >= fake_board().devices()) return nvml::kNotFound;
  *out = fake_handle(index);
  return nvml::kSuccess;
}
Return nvmlDeviceGetHandleByPciBusId_v2(const char* id, Device* out) {
  unsigned bus = 0;
  const bool read = std::sscanf(id, "%*x:%x:%*x", &bus) == 1;
  if (!read || bus == 0 || bus > fake_board().devices()) return nvml::kNotFound;
  *out = fake_handle(bus - 1);
  return nvml::kSuccess;
}
Return nvmlDeviceGetIndex(Device d, unsigned* index) {
  *index = d->index;
  return nvml::kSuccess;
}
Return nvmlDeviceGetName(Device, char* out, unsigned size) { return copy("Fake GPU", out, size); }
Return nvmlDeviceGetUUID(Device d, char* out, unsigned size) {
  return copy("GPU-fake-" + std::to_string(d->index + 1), out, size);
}

Return nvmlDeviceGetArchitecture(Device, unsigned* architecture) {
  *architecture = kHopper;
  return nvml::kSuccess;
}
/// Not one chip with a CPU, as a Grace Hopper is.
Return nvmlDeviceGetC2cModeInfoV(Device, void*) { return nvml::kNotSupported; }

// --- Their state -----------------------------------------------------------------------------

Return nvmlDeviceGetClockInfo(Device d, unsigned kind, unsigned* mhz) {
  const double sm = fake_board().changed("clock_after_ms", "clock_mhz", kSmClock);
  *mhz = kind == nvml::kClockSm ? static_cast<unsigned>(sm) : kMemoryClock;
  return fake_board().alive(d);
}
Return nvmlDeviceGetMaxClockInfo(Device d, unsigned kind, unsigned* mhz) {
  *mhz = kind == nvml::kClockSm ? kSmClock : kMemoryClock;
  return fake_board().alive(d);
}
Return nvmlDeviceGetTemperature(Device d, unsigned, unsigned* celsius) {
  *celsius = static_cast<unsigned>(45.0 + fake_board().number("heating", 0.0) * fake_board().now());
  return fake_board().alive(d);
}
Return nvmlDeviceGetMemoryInfo(Device d, Memory* memory) {
  constexpr unsigned long long kTotal = 141ull << 30;
  constexpr unsigned long long kUsed = 1ull << 30;
  *memory = {kTotal, kTotal - kUsed, kUsed};
  return fake_board().alive(d);
}
Return nvmlDeviceGetUtilizationRates(Device d, Utilization* percent) {
  *percent = {50, 50};
  return fake_board().alive(d);
}
Return nvmlDeviceGetComputeMode(Device d, unsigned* mode) {
  *mode = 0;
  return fake_board().alive(d);
}
Return nvmlDeviceGetCurrentClocksEventReasons(Device d, unsigned long long* bits) {
  *bits = std::strtoull(fake_board().text("throttle").c_str(), nullptr, 0);
  return fake_board().alive(d);
}
Return nvmlDeviceGetEnforcedPowerLimit(Device d, unsigned* milliwatts) {
  const double watts = fake_board().changed("power_limit_after_ms", "power_limit", kLimitWatts);
  *milliwatts = static_cast<unsigned>(watts * 1e3);
  return fake_board().alive(d);
}
Return nvmlDeviceGetPowerManagementLimit(Device d, unsigned* milliwatts) {
  return nvmlDeviceGetEnforcedPowerLimit(d, milliwatts);
}
Return nvmlDeviceGetMigMode(Device d, unsigned* now, unsigned* pending) {
  *now = *pending = static_cast<unsigned>(fake_board().number("mig", 0));
  return fake_board().alive(d);
}
Return nvmlDeviceGetEccMode(Device d, unsigned* now, unsigned* pending) {
  *now = *pending = 1;
  return fake_board().alive(d);
}
Return nvmlDeviceGetPersistenceMode(Device d, unsigned* on) {
  *on = static_cast<unsigned>(fake_board().number("persistence", 1));
  return fake_board().alive(d);
}
Return nvmlDeviceGetComputeRunningProcesses_v3(Device d, unsigned* count, nvml::Process* out) {
  std::vector<unsigned> pids;
  std::string rest = fake_board().text("processes");
  while (!rest.empty()) {
    pids.push_back(static_cast<unsigned>(std::strtoul(rest.c_str(), nullptr, 10)));
    const auto comma = rest.find(',');
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  const bool fits = pids.size() <= *count;
  for (std::size_t i = 0; fits && i < pids.size(); ++i) {
    out[i] = {};
    out[i].pid = pids[i];
  }
  *count = static_cast<unsigned>(pids.size());
  return fits ? fake_board().alive(d) : nvml::kInsufficientSize;
}
Return nvmlDeviceGetGraphicsRunningProcesses_v3(Device d, unsigned* count, nvml::Process*) {
  *count = 0;
  return fake_board().alive(d);
}

}  // extern "C"

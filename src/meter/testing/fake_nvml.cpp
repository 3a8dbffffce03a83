// A libnvidia-ml.so.1 for tests: one or more GPUs whose power follows a waveform, seen through the
// sensor of a data-centre GPU (energy and power change every 100 ms, a ring of 119 samples 20 ms
// apart). $JOULEMARK_FAKE_NVML holds settings separated by ';':
//   waveform=flat:200     see meter/waveform.hpp
//   devices=2             how many GPUs, up to 8
//   lost_after_ms=2500    every device call fails with GPU_IS_LOST from then on
//   still_after_ms=2500   the counter stops updating while calls go on succeeding
//   reset_after_ms=2500   the counter starts again from zero
//   denied_after_ms=2500  every device call fails with NO_PERMISSION from then on
//   wall_set_after_ms=500, wall_set_ms=-1000   samples from then on are stamped by a wall clock
//   that
//                         was set by so much
//   energy=NOT_SUPPORTED  (also power=, ring=, average=) that channel is missing; NO_PERMISSION: is
//   denied mute=1                the GPU of this index has none of the three value_type=99 of power
//   and ring: which member of the union is set throttle=0x4          clocks event reasons
//   processes=123,456     other processes on the device
//   mig=1
//   persistence=0
//   clock_after_ms=2500, clock_mhz=1500         the SM clock from then on; 1980 before
//   power_limit_after_ms=2500, power_limit=500  the power limit (W) from then on; 700 before
//   heating=2             degrees per second, from 45
//   init=9                what nvmlInit returns
//   clock=manual          time stands still but for fake_nvml_advance_ms, and queries take none

#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "meter/nvml_api.hpp"
#include "meter/waveform.hpp"

namespace joulemark::meter::nvml {
/// What a handle points to is the library's own.
struct DeviceHandle {
  unsigned index;
};
}  // namespace joulemark::meter::nvml

namespace {

namespace nvml = joulemark::meter::nvml;
using joulemark::meter::Waveform;
using nvml::Device;
using nvml::Return;

constexpr double kUpdate = 0.1;
constexpr double kRing = 0.02;
constexpr int kRingLength = 119;

double clock_seconds(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Fake {
  std::map<std::string, std::string> settings;
  std::unique_ptr<Waveform> waveform;
  double zero = clock_seconds(CLOCK_MONOTONIC);
  double wall_zero = clock_seconds(CLOCK_REALTIME);  ///< a sample's stamp never changes
  double advanced = 0.0;

  Fake() {
    const char* text = std::getenv("JOULEMARK_FAKE_NVML");
    std::string rest = text != nullptr ? text : "";
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const std::string one = rest.substr(0, end);
      if (const auto eq = one.find('='); eq != std::string::npos) {
        settings[one.substr(0, eq)] = one.substr(eq + 1);
      }
      rest = end == std::string::npos ? "" : rest.substr(end + 1);
    }
    auto made = joulemark::meter::parse_waveform(
        settings.contains("waveform") ? settings["waveform"] : "flat:100");
    if (!made) {
      std::fprintf(stderr, "JOULEMARK_FAKE_NVML: %s\n", made.error().message().c_str());
      std::abort();
    }
    waveform = std::move(*made);
  }

  double number(const char* key, double otherwise) const {
    const auto found = settings.find(key);
    return found == settings.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
  }
  bool is(const char* key, const char* value) const {
    const auto found = settings.find(key);
    return found != settings.end() && found->second == value;
  }
  /// What a channel of a device answers before it is looked at.
  Return channel(Device device, const char* name) const {
    const bool mute = number("mute", -1.0) == static_cast<double>(device->index);
    if (mute || is(name, "NOT_SUPPORTED")) return nvml::kNotSupported;
    return is(name, "NO_PERMISSION") ? nvml::kNoPermission : nvml::kSuccess;
  }
  bool manual() const { return is("clock", "manual"); }
  /// Seconds since the library was loaded.
  double now() const { return manual() ? advanced : clock_seconds(CLOCK_MONOTONIC) - zero; }
  bool past(const char* key) const {
    const double at = number(key, -1.0);
    return at >= 0.0 && now() * 1e3 >= at;
  }
  /// The time of the last update that the sensor made.
  double updated() const {
    double t = now();
    if (past("still_after_ms")) t = number("still_after_ms", 0.0) * 1e-3;
    return std::floor(t / kUpdate + 1e-9) * kUpdate;
  }
};

Fake& fake() {
  static Fake instance;
  return instance;
}

constexpr unsigned kMostDevices = 8;

Device handle(unsigned index) {
  static std::array<nvml::DeviceHandle, kMostDevices> handles{
      {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}}};
  return &handles.at(index);
}
unsigned devices() {
  return std::min(kMostDevices, static_cast<unsigned>(fake().number("devices", 1)));
}
Return alive() {
  if (fake().past("denied_after_ms")) return nvml::kNoPermission;
  return fake().past("lost_after_ms") ? nvml::kGpuIsLost : nvml::kSuccess;
}
/// `before`, and what `key` says once `after` has passed.
unsigned changed(const char* after, const char* key, double before, double unit = 1.0) {
  return static_cast<unsigned>(fake().past(after) ? unit * fake().number(key, 0.0) : before);
}
/// Watts as the driver averages them itself: over the last second.
double average_watts() {
  const double now = fake().now();
  const double from = std::max(0.0, now - 1.0);
  if (now <= from) return fake().waveform->watts(now);
  return (fake().waveform->joules(now) - fake().waveform->joules(from)) / (now - from);
}

int value_type() { return static_cast<int>(fake().number("value_type", nvml::kUnsignedInt)); }

Return copy(const std::string& text, char* out, unsigned size) {
  if (text.size() + 1 > size) return nvml::kInsufficientSize;
  std::memcpy(out, text.c_str(), text.size() + 1);
  return nvml::kSuccess;
}

}  // namespace

extern "C" {

void fake_nvml_advance_ms(double ms) { fake().advanced += ms * 1e-3; }

Return nvmlInit_v2() { return static_cast<Return>(fake().number("init", 0)); }
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
Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = devices();
  return nvml::kSuccess;
}
Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* out) {
  if (index >= devices()) return nvml::kNotFound;
  *out = handle(index);
  return nvml::kSuccess;
}
Return nvmlDeviceGetHandleByPciBusId_v2(const char* id, Device* out) {
  unsigned bus = 0;
  if (std::sscanf(id, "%*x:%x:%*x", &bus) != 1 || bus == 0 || bus > devices())
    return nvml::kNotFound;
  *out = handle(bus - 1);
  return nvml::kSuccess;
}
Return nvmlDeviceGetName(Device, char* out, unsigned size) { return copy("Fake GPU", out, size); }
Return nvmlDeviceGetUUID(Device d, char* out, unsigned size) {
  return copy("GPU-fake-" + std::to_string(d->index + 1), out, size);
}
Return nvmlDeviceGetTotalEnergyConsumption(Device d, unsigned long long* millijoules) {
  if (const Return denied = fake().channel(d, "energy"); denied != nvml::kSuccess) return denied;
  const timespec cost{0, fake().manual() ? 0 : 4'000'000};  // as long as the real one takes
  nanosleep(&cost, nullptr);
  double joules = 1000.0 + fake().waveform->joules(fake().updated());
  if (fake().past("reset_after_ms"))
    joules -= 1000.0 + fake().waveform->joules(fake().number("reset_after_ms", 0) * 1e-3);
  *millijoules = static_cast<unsigned long long>(std::max(0.0, joules) * 1e3);
  return alive();
}
Return nvmlDeviceGetFieldValues(Device d, int count, nvml::FieldValue* values) {
  for (int i = 0; i < count; ++i) {
    const bool average = values[i].field_id == nvml::kFieldPowerAverage;
    const bool known = average || values[i].field_id == nvml::kFieldPowerInstant;
    const Return denied =
        known ? fake().channel(d, average ? "average" : "power") : nvml::kNotSupported;
    values[i].result = denied == nvml::kSuccess ? alive() : denied;
    values[i].value_type = value_type();
    const double watts = average ? average_watts() : fake().waveform->watts(fake().updated());
    values[i].value.ui = static_cast<unsigned>(watts * 1e3);
  }
  return alive();
}
Return nvmlDeviceGetSamples(Device d, int kind, unsigned long long after_us, int* type,
                            unsigned* count, nvml::Sample* out) {
  if (kind != nvml::kSamplesTotalPower) return nvml::kNotSupported;
  if (const Return denied = fake().channel(d, "ring"); denied != nvml::kSuccess) return denied;
  *type = value_type();
  const auto newest = static_cast<long>(fake().now() / kRing + 1e-9);
  std::vector<nvml::Sample> samples;
  for (long i = std::max(0L, newest - kRingLength + 1); i <= newest; ++i) {
    nvml::Sample s{};
    const double t = static_cast<double>(i) * kRing;
    const bool set = t >= 1e-3 * fake().number("wall_set_after_ms", 1e12);
    const double wall = fake().wall_zero + t + (set ? 1e-3 * fake().number("wall_set_ms", 0) : 0.0);
    s.timestamp_us = static_cast<unsigned long long>(wall * 1e6);
    s.value.ui = static_cast<unsigned>(fake().waveform->watts(t) * 1e3);
    if (s.timestamp_us > after_us) samples.push_back(s);
  }
  if (samples.empty()) return nvml::kNotFound;
  if (out == nullptr) {
    *count = static_cast<unsigned>(samples.size());
    return alive();
  }
  const std::size_t fits = std::min<std::size_t>(*count, samples.size());
  std::copy_n(samples.begin(), fits, out);
  *count = static_cast<unsigned>(fits);
  return alive();
}
Return nvmlDeviceGetClockInfo(Device, unsigned kind, unsigned* mhz) {
  *mhz = kind == nvml::kClockSm ? changed("clock_after_ms", "clock_mhz", 1980) : 3201;
  return alive();
}
Return nvmlDeviceGetMaxClockInfo(Device, unsigned kind, unsigned* mhz) {
  *mhz = kind == nvml::kClockSm ? 1980 : 3201;
  return alive();
}
Return nvmlDeviceGetTemperature(Device, unsigned, unsigned* celsius) {
  *celsius = static_cast<unsigned>(45.0 + fake().number("heating", 0.0) * fake().now());
  return alive();
}
Return nvmlDeviceGetCurrentClocksEventReasons(Device, unsigned long long* bits) {
  const auto found = fake().settings.find("throttle");
  *bits = found == fake().settings.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 0);
  return alive();
}
Return nvmlDeviceGetEnforcedPowerLimit(Device, unsigned* milliwatts) {
  *milliwatts = changed("power_limit_after_ms", "power_limit", 700'000, 1e3);
  return alive();
}
Return nvmlDeviceGetMigMode(Device, unsigned* now, unsigned* pending) {
  *now = *pending = static_cast<unsigned>(fake().number("mig", 0));
  return alive();
}
Return nvmlDeviceGetEccMode(Device, unsigned* now, unsigned* pending) {
  *now = *pending = 1;
  return alive();
}
Return nvmlDeviceGetPersistenceMode(Device, unsigned* on) {
  *on = static_cast<unsigned>(fake().number("persistence", 1));
  return alive();
}
Return nvmlDeviceGetComputeRunningProcesses_v3(Device, unsigned* count, nvml::Process* out) {
  std::vector<unsigned> pids;
  const auto found = fake().settings.find("processes");
  std::string rest = found == fake().settings.end() ? "" : found->second;
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
  return fits ? alive() : nvml::kInsufficientSize;
}

}  // extern "C"

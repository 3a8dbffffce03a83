#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// The part of NVIDIA's management library that Joulemark calls, as a table of functions found at
/// run time: there is nothing to link, and tests put a library of their own in its place. Types and
/// values are those of NVIDIA's NVML API reference, releases R470 to R580.
namespace joulemark::meter::nvml {

using Device = struct DeviceHandle*;
using Return = int;

inline constexpr Return kSuccess = 0;
inline constexpr Return kNotSupported = 3;
inline constexpr Return kNoPermission = 4;
inline constexpr Return kNotFound = 6;
inline constexpr Return kInsufficientSize = 7;
inline constexpr Return kDriverNotLoaded = 9;
inline constexpr Return kGpuIsLost = 15;
inline constexpr Return kVersionMismatch = 18;

inline constexpr unsigned kFieldPowerAverage = 185;  ///< mW, a running mean over a second
inline constexpr unsigned kFieldPowerInstant = 186;  ///< mW, not averaged
inline constexpr int kSamplesTotalPower = 0;         ///< the ring of power samples, mW
inline constexpr unsigned kClockSm = 1;
inline constexpr unsigned kClockMemory = 2;
inline constexpr unsigned kTemperatureGpu = 0;

union Value {
  double d;
  unsigned ui;
  unsigned long ul;
  unsigned long long ull;
  long long sll;
  int si;
  unsigned short us;
};
/// Which member of Value is set.
enum ValueType : int {
  kDouble,
  kUnsignedInt,
  kUnsignedLong,
  kUnsignedLongLong,
  kSignedLongLong,
  kSignedInt,
  kUnsignedShort
};
/// Absent for a type that is none of these.
std::optional<double> to_double(const Value& value, int type);

struct Sample {
  unsigned long long timestamp_us;  ///< CLOCK_REALTIME
  Value value;
};
struct FieldValue {
  std::uint32_t field_id;
  std::uint32_t scope_id;
  std::int64_t timestamp_us;
  std::int64_t latency_us;
  int value_type;
  Return result;
  Value value;
};
struct Process {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

/// Functions may be null where an older library lacks them; `init` to `handle_by_pci` never are
/// after load.
struct Api {
  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Return (*device_count)(unsigned*) = nullptr;
  Return (*handle_by_index)(unsigned, Device*) = nullptr;
  Return (*handle_by_pci)(const char*, Device*) = nullptr;
  Return (*name)(Device, char*, unsigned) = nullptr;
  Return (*uuid)(Device, char*, unsigned) = nullptr;
  Return (*energy)(Device, unsigned long long*) = nullptr;  ///< mJ since the driver was loaded
  Return (*field_values)(Device, int, FieldValue*) = nullptr;
  Return (*samples)(Device, int, unsigned long long, int*, unsigned*, Sample*) = nullptr;
  Return (*clock)(Device, unsigned, unsigned*) = nullptr;
  Return (*max_clock)(Device, unsigned, unsigned*) = nullptr;
  Return (*temperature)(Device, unsigned, unsigned*) = nullptr;
  Return (*event_reasons)(Device, unsigned long long*) = nullptr;
  Return (*power_limit)(Device, unsigned*) = nullptr;  ///< mW, enforced
  Return (*mig_mode)(Device, unsigned*, unsigned*) = nullptr;
  Return (*ecc_mode)(Device, unsigned*, unsigned*) = nullptr;
  Return (*persistence_mode)(Device, unsigned*) = nullptr;
  Return (*processes)(Device, unsigned*, Process*) = nullptr;
  Return (*driver_version)(char*, unsigned) = nullptr;
};

/// Loads the library once per path and initialises it. Errors: not_found when the library is not
/// there or lacks a function that is needed, unsupported when the driver is not loaded or of
/// another release, each with the fix.
Result<const Api*> load(const std::string& library);

/// A failed call as an Error: meter_lost for a device that is gone, permission_denied, unsupported.
Error to_error(const Api& api, std::string_view what, Return result);

/// Names of the bits of the clocks event (throttle) reasons, lower case, idle and clock settings
/// included.
std::string_view event_reason_name(int bit);

}  // namespace joulemark::meter::nvml

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"

namespace joulemark::meter {

/// What the joules of a meter cover. Persisted by name: append only.
enum class Scope {
  gpu_board,         ///< NVML: the whole board, memory and regulators included
  gpu_mig_slice,     ///< NVML under MIG: the board's counter seen from a slice (not attributable)
  cpu_package,       ///< RAPL packages only
  cpu_package_dram,  ///< RAPL packages and their DRAM
  cpu_estimate,      ///< CPU time x a stated power model; never a measurement
  simulated,         ///< replayed or synthetic
};
std::string_view name(Scope scope);

/// What a meter can say about itself before it is used.
struct MeterInfo {
  std::string name;       ///< registry name: "nvml", "rapl", ...
  std::string device;     ///< e.g. "NVIDIA H200" or the CPU's model name
  std::string device_id;  ///< stable identity: GPU UUID, "cpu0+cpu1"; empty if there is none
  Scope scope = Scope::simulated;
  bool has_energy = false;  ///< a cumulative energy channel
  bool has_power = false;   ///< an instantaneous power channel
  bool has_ring = false;    ///< a ring of past power samples with time stamps
  /// Time between updates of the energy channel; absent when every query is fresh.
  std::optional<Nanoseconds> update_period;
  Nanoseconds ring_period{0};  ///< spacing of ring samples when has_ring
  Joules resolution{0.0};      ///< one unit of the energy channel
  Nanoseconds query_cost{0};   ///< wall time of one energy query
  /// The time over which the device's own average power is a mean; absent where it offers none.
  std::optional<Nanoseconds> average_window;
  bool estimated = false;         ///< true: numbers carry the `estimated` flag
  double systematic_rel = 0.0;    ///< relative systematic uncertainty (one number, +-)
  std::string systematic_reason;  ///< where that figure comes from

  // What only a calibration can tell (meter/calibration.hpp).
  std::string calibration;    ///< its id; empty: none was made
  Nanoseconds energy_lag{0};  ///< a reading of the energy is true for this long before its update
  Nanoseconds ring_lag{0};    ///< already taken from the ring's stamps
  /// By how much a load that keeps step with the ring's samples can mislead the sensor: in watts
  /// where a calibration found it, since these are what the power of this device swings by,
  /// whatever its mean. As a share of the mean where all that is known is another device.
  std::optional<Watts> aliasing_power;
  std::optional<double> aliasing_rel;
  /// The same of a load that keeps step with the counter's updates; absent where it was not looked
  /// for, or where the ring is no finer than they are.
  std::optional<Watts> aliasing_updates_power;
  std::optional<double> aliasing_updates_rel;
  /// How unevenly this host hands work to the device: standard deviation of the time of a launch
  /// over the calibration, relative.
  std::optional<double> launch_spread_rel;
  std::optional<Watts> waiting_power;  ///< of the device, ready and without work
};

/// One past power sample out of a meter's ring, on CLOCK_MONOTONIC.
struct PowerSample {
  Instant at;
  Watts power;
};

/// The state of device and host around a measurement. Unknown is absent.
struct Conditions {
  std::optional<double> clock_mhz;  ///< SM or core clock
  std::optional<double> clock_max_mhz;
  std::optional<double> memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<Watts> power_limit;
  std::vector<std::string>
      throttle_reasons;  ///< NVML names, lower case: "sw_power_cap", "hw_thermal_slowdown"
  std::optional<bool> mig;
  std::optional<bool> ecc;
  std::optional<bool> persistence;
  std::vector<pid_t> other_processes;  ///< on the device, besides the observed worker
  std::optional<double> host_busy;     ///< share of all CPU time in use since the last call, 0..1
  std::string driver;                  ///< driver or kernel interface version
};

/// A source of energy readings. Single-threaded use. Implementations convert every failure of the
/// device into an Error: `meter_lost` when the meter stopped answering, `unsupported` for a channel
/// that it never had, `permission_denied` with the command that allows access.
class Meter {
 public:
  virtual ~Meter() = default;
  virtual const MeterInfo& info() const = 0;

  /// Cumulative energy since open: never decreases, wraps and resets already undone.
  virtual Result<Joules> energy() = 0;
  /// Instantaneous (not averaged) power.
  virtual Result<Watts> power() = 0;
  /// Ring samples strictly newer than `after`, oldest first; empty when there are none yet.
  virtual Result<std::vector<PowerSample>> ring_since(Instant after) = 0;
  virtual Result<Conditions> conditions() = 0;
  /// What of the conditions changes while a load runs and is cheap to ask for: clocks, temperature,
  /// power limit, reasons for a lower clock. Everything else is absent.
  virtual Result<Conditions> changing_conditions() { return Conditions{}; }
  /// The device's own mean of its power over the last `average_window`. No result rests on it: it
  /// is there to check the other channels against.
  virtual Result<Watts> average_power() {
    return fail(ErrorKind::unsupported, "the device offers no average power");
  }

  /// The process whose work is being measured: the estimate counts its CPU time, NVML leaves it out
  /// of `other_processes`. 0: none.
  virtual void observe(pid_t worker) { (void)worker; }
};

}  // namespace joulemark::meter

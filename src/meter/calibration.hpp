#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "meter/meter.hpp"

namespace joulemark::meter {

/// What was found out about one meter of one machine, by watching it under loads whose times are
/// known (docs/calibration.md). Absent: could not be determined, or the meter has no such channel.
/// Times in seconds, powers in watts; lags are those of sensor and board together.
struct Calibration {
  std::string id;       ///< like a run's: "20261125T101512Z-7f3a9c"
  std::string made_at;  ///< RFC 3339, UTC
  std::string joulemark_version;
  std::string meter, device, device_id, driver;
  std::string load;      ///< what the device was put under
  double seconds = 0.0;  ///< that it took

  /// Of the energy counter.
  struct Updates {
    std::size_t seen = 0;
    std::optional<double> period_s, period_ci95_s;  ///< absent: every reading is fresh
    std::optional<double> jitter_s;                 ///< standard deviation about a strict grid
    std::optional<double> resolved_s;               ///< jitter below this does not show
    std::optional<double> resolution_j;
  } updates;

  /// One query of a channel ("energy", "power", "ring"): median and worst wall time, mean CPU time.
  struct Query {
    std::string channel;
    bool rested = false;  ///< after 0.4 s without one; otherwise right after another
    std::size_t count = 0;
    double wall_s = 0.0, worst_wall_s = 0.0, cpu_s = 0.0;
  };
  std::vector<Query> queries;

  /// Power in one state of the device.
  struct State {
    std::string name;
    double watts = 0.0;
    std::optional<double> ci95_rel;
    std::optional<double> counter_noise_rel;  ///< standard deviation from update to update
    std::optional<double> sample_noise_rel;   ///< of the ring, or of instant power
    std::optional<double> gap_rel;  ///< integral of the samples over the counter, less one
  };
  std::vector<State> states;

  /// How a channel answers a step of the load.
  struct Response {
    std::string channel;
    double lag_s = 0.0;  ///< mean delay
    /// Of the counter, the 95 % half width over all edges; of samples, half the difference between
    /// rising and falling ones.
    std::optional<double> lag_spread_s;
    std::optional<double> rise_s;  ///< length of the running mean that would rise as slowly
  };
  std::vector<Response> responses;

  /// Squares whose period is one of the sensor's own: what the counter makes of them at several
  /// phases, against squares of nearly that period, which meet the sensor at every phase.
  struct Aliasing {
    double period_s = 0.0, duty = 0.0;
    double reference_w = 0.0;   ///< mean power of squares of nearly that period
    std::vector<double> watts;  ///< mean power at each phase
    double worst_rel = 0.0;     ///< greatest deviation from the reference
  };
  std::vector<Aliasing> aliasing;

  /// How evenly the host hands work to the device: short spells of launching an empty kernel, all
  /// over the calibration. Absent where the device is the host.
  struct Host {
    std::size_t probes = 0;
    double launches_per_s = 0.0;  ///< median
    double spread_rel = 0.0;      ///< standard deviation of the time of a launch, relative
  };
  std::optional<Host> host;

  const State* state(const std::string& name) const;
  const Response* response(const std::string& channel) const;
  /// The device ready and without work; nullptr where being ready is no state of its own.
  const State* waiting() const;
  /// The greatest of all deviations from a reference; absent when none was looked for.
  std::optional<Watts> worst_aliasing() const;
  /// The greatest among squares at least as long as `period_s`, within a tenth.
  std::optional<Watts> worst_aliasing(double period_s) const;
};

inline constexpr const char* kStateSteady = "steady load";

/// The same meter, known better: its update period and query cost as found, its readings moved back
/// by their lag where that is known, what it misreads by aliasing, its systematic term no smaller
/// than what its own two channels differ by under a steady load, and how even the host is on which
/// its device depends. info() names the calibration. `meter` must outlive it.
std::unique_ptr<Meter> calibrated(Meter& meter, const Calibration& calibration);

}  // namespace joulemark::meter

#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "measure/conditions.hpp"
#include "measure/decide.hpp"
#include "measure/observer.hpp"
#include "meter/host.hpp"
#include "runtime/worker.hpp"

/// The effects of a measurement: running a worker and watching a meter at the same time.
namespace joulemark::measure {

struct Settings {
  double target_rel = 0.01;
  /// Warm-up and windows of one batch size together, besides what the runtime prepares for it.
  Nanoseconds longest_run = std::chrono::seconds(10);
  Nanoseconds shortest_window = std::chrono::milliseconds(500);
  std::int64_t largest_batch = 256;
  /// Of the batch search: its bursts, and its bursts with all that the runtime prepares for them.
  Nanoseconds search_running = std::chrono::seconds(12);
  Nanoseconds search_longest = std::chrono::seconds(60);
  int queue_depth = 3;
  Nanoseconds load_timeout = std::chrono::seconds(300);
  Nanoseconds step_timeout = std::chrono::seconds(60);

  /// Allows a run so long, with windows of which enough and a warm-up fit into it.
  void limit_run(Nanoseconds longest) {
    longest_run = longest;
    shortest_window = std::min<Nanoseconds>(shortest_window, longest / 12);
  }
};

/// What a run needs besides the worker.
struct Bench {
  Clock& clock;
  MeterObserver& observer;
  const std::atomic<bool>& interrupted;
  /// Told in words what is being done; may be empty.
  std::function<void(const std::string&)> progress;
};

/// Power of the device with nothing of ours running on it.
struct Idle {
  Watts power;
  std::optional<double> ci95_rel;
  Nanoseconds length{0};
  Nanoseconds waited{0};  ///< for the device to settle, before the time that `power` is of
  bool settled = true;    ///< false: `power` still moved when patience was over
  std::size_t other_processes = 0;  ///< the most that were seen on the device meanwhile
};

/// Watches the meter until its power has stood still for `length`, up to 15 s longer than that, and
/// for three energy points at least. Where other processes are on the device it begins again, for
/// 5 s, so that those which end meanwhile have no part in it. Errors: those of the meter,
/// interrupted, and unstable when they do not come or the machine slept meanwhile.
Result<Idle> measure_idle(const Bench& bench, Nanoseconds length);

/// Everything seen while one batch size ran.
struct RunReport {
  std::int64_t batch = 0;
  std::vector<MeasuredWindow> windows;
  std::vector<std::optional<Joules>> window_integrals;  ///< second estimator, one per window
  std::vector<double> step_seconds;                     ///< within the windows
  std::optional<Watts> power_max;
  RunConditions conditions;
  Nanoseconds preparing{0};  ///< what the runtime did within the first step, before it ran it
  Nanoseconds warm_up{0};    ///< after that
  Nanoseconds ran{0};        ///< all of it, and the windows
  bool steady = false;
  bool reached_target = false;
  Nanoseconds edge_uncertainty{0};
  std::optional<Nanoseconds> tick_period;
  /// Of the run's time, warm-up and all, the worker waited for its device so much. Near 0 the
  /// device waited for the worker. Absent where the worker does not say: its device is the host.
  std::optional<double> waited_share;
  /// Of a step's time, what the host has to spare, at least (measure::host_spare), and the shortest
  /// step at a smaller batch that says so. Absent where waited_share is, or none was seen.
  std::optional<double> host_spare;
  std::optional<Nanoseconds> shortest_step;
  std::optional<double> pace_spread;   ///< measure::pace_spread of the windows
  double controller_cpu_share = 0.0;   ///< CPU time of this process per second of windows
  std::optional<meter::HostUse> host;  ///< what others did on the host meanwhile
  /// Power is all that the meter has, and for longer than its samples may be apart there were none.
  bool samples_missing = false;
  ClockJump clocks;                ///< whether the machine slept or its wall clock was set
  MeterObserver::Queries queries;  ///< energy queries meanwhile, and their wall time
  Nanoseconds to_first_window{0};  ///< from the start of the run to the first window's start
  std::vector<meter::PowerSample> power_trace;
  std::vector<EnergyPoint> energy_trace;
  /// Why the windows give no number: `unstable` when fewer than three came together, their interval
  /// is wider than 50 %, or the machine slept. What was seen stays, as evidence.
  std::optional<Error> unstable;
};

/// Over all windows of a run.
struct Totals {
  Joules energy;
  Images images;
  Nanoseconds time{0};
};
Totals totals(const RunReport& run);

/// Warms up, measures windows until they are precise enough or time is up, and stops the worker.
/// Errors: timed_out when the worker completes no step for `step_timeout`; the worker's and the
/// meter's own. Windows that give no number are no error of the run: see RunReport::unstable.
Result<RunReport> measure_batch(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
                                const Settings& settings);

/// Runs bursts from batch `first` on, as BatchSearch walks. Out of memory ends the search, it does
/// not fail it; any other error of the worker does.
Result<BatchSearch> search_batches(runtime::Worker& worker, const Bench& bench,
                                   const Settings& settings, std::int64_t first = 1);

/// One burst at `batch`: a few steps to settle, then at least 0.2 s and three steps.
Result<Burst> run_burst(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
                        const Settings& settings);

}  // namespace joulemark::measure

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "measure/tick_tracker.hpp"
#include "measure/timeline.hpp"
#include "meter/meter.hpp"

namespace joulemark::measure {

/// Time between two readings of a continuous meter.
inline constexpr Nanoseconds kContinuousSpacing = std::chrono::milliseconds(50);

/// What an open meter fails with is the loss of that meter, whatever else it may be: permission
/// that is taken back, a channel that is no longer supported.
Error lost(Error error);

/// Watches one meter: asks when it is worth asking, and collects what is known to be true when.
/// It outlives the configurations that it watches, so that the lock on a counter's steps and the
/// knowledge of their period grow over a whole campaign.
class MeterObserver {
 public:
  MeterObserver(meter::Meter& meter, Clock& clock);

  const meter::MeterInfo& info() const { return meter_.info(); }
  meter::Meter& meter() { return meter_; }

  /// When poll() next has something to do.
  Instant next_due() const;

  /// Does what is due by now: at most one energy query, one power query, one ring query.
  /// Errors, all meter_lost: the meter fails, whatever kind of failure that is; its counter stands
  /// still; or, where power is all it has, its power does. Power that fails beside a counter that
  /// goes on is done without.
  Result<void> poll();

  /// Drops what was collected, so that memory stays bounded; the lock stays.
  void forget();

  /// True once energy points come in: at once for continuous meters, after the lock for counters
  /// that step.
  bool ready() const;

  /// Time between energy points of a stepping counter while windows are measured.
  void set_spacing(Nanoseconds spacing);

  /// Points of a stepping counter rest on knowing when it steps; whether that still held is asked
  /// for now and then, and soon after confirm(). Until then the newest points may yet be withdrawn.
  void confirm();
  bool confirmed() const;
  void drop_unconfirmed();

  /// Energy queries made so far, and the wall time that they took.
  struct Queries {
    std::int64_t count = 0;
    Nanoseconds time{0};
  };
  Queries queries() const { return queries_; }

  /// Collects power up to now: what the meter's ring still holds back, or one more sample.
  Result<void> flush();

  std::span<const EnergyPoint> points() const { return points_; }
  std::span<const meter::PowerSample> power() const { return power_; }
  /// A gap in power() that is longer means lost samples.
  Nanoseconds longest_power_gap() const;
  EdgeRule edge_rule() const;
  /// Half width of what is not known about the time of an edge, relative to nothing: seconds.
  Nanoseconds edge_uncertainty() const;
  /// The counter's period as refined so far; absent for continuous meters.
  std::optional<Nanoseconds> tick_period() const;

 private:
  Result<void> poll_energy();
  Result<void> poll_power();
  void withdraw(std::size_t newest);
  Result<void> take_ring();
  Result<void> do_without(const Error& error);
  void add_power(meter::PowerSample sample);
  Result<void> check_power() const;

  meter::Meter& meter_;
  Clock& clock_;
  std::optional<TickTracker> ticks_;
  bool use_ring_ = false;
  bool use_power_ = false;
  Instant energy_due_;
  Instant power_due_;
  Instant last_ring_;
  std::vector<EnergyPoint> points_;
  std::vector<meter::PowerSample> power_;
  Queries queries_;
  Joules integrated_;              ///< for meters with power only
  std::int64_t same_power_ = 0;    ///< samples in a row that repeated the one before them
  std::int64_t silent_rings_ = 0;  ///< ring queries in a row that brought nothing
};

}  // namespace joulemark::measure

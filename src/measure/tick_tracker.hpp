#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/units.hpp"

namespace joulemark::measure {

/// Cumulative energy at a moment at which it is known to have been true.
struct EnergyPoint {
  Instant at;
  Joules energy;
};

/// Finds when a counter that steps every `period` takes its steps, with few queries, and turns
/// readings into energy points that lie on those steps.
///
/// A counter such as NVML's total energy holds its value for 100 ms, so the time at which a value
/// is read says little about the time for which it is true: edges that ignore the steps are off by
/// up to one period. A query costs milliseconds of CPU time, so polling for the step is no way out.
/// The tracker therefore works like a phase-locked loop:
///   search   query every quarter period until two readings differ: the step lies between them;
///   bisect   one query per period around the middle of what is left halves the uncertainty, until
///            it is about the length of a query;
///   locked   one query a quarter of a period behind every chosen step reads the energy at that
///            step: at the step itself, a driver that renews the value takes longest.
/// Such a query cannot tell whether the lock still holds. So every tenth point, and
/// whenever confirm() asks, there is one before the step as well: a difference confirms this point
/// and all since the last such pair (steps do not wander off and come back); no difference retracts
/// them and ends the lock.
///
/// When within a query the driver looks at its counter is not known. A reading is therefore taken
/// for what it proves whenever that was: a step that shows happened before the answer, one that
/// does not show happened after the question.
///
/// Between bisections the uncertainty grows by what is not yet known of the period, and when it has
/// doubled the tracker bisects again, which is also what refines the period: each new lock is
/// further from the first. Where nobody asked for so long that the steps cannot be told apart any
/// more, it searches anew.
///
/// Pure: time comes in with the readings; `next_query` says when the next one is wanted.
class TickTracker {
 public:
  /// `period`: nominal spacing of updates. `query_cost`: usual wall time of one query; what queries
  /// really take is learnt.
  TickTracker(Nanoseconds period, Nanoseconds query_cost);

  /// What a reading brought.
  struct Observation {
    std::optional<EnergyPoint> point;
    std::size_t retracted = 0;  ///< so many of the points before this one are not to be believed
  };

  /// Energy points are wanted every `stride` >= 1 periods while locked.
  void set_stride(int stride) { stride_ = stride < 1 ? 1 : stride; }

  /// When the next query should begin. A later query is tolerated: it may cost a point, never a
  /// wrong one.
  Instant next_query() const { return due_; }

  /// Takes a reading of the counter that was asked for and answered at these times.
  Observation observe(Instant asked, Instant answered, Joules value);

  /// Wants the next step, whichever it is, to confirm the points so far.
  void confirm(Instant now);
  /// True when every point returned so far is confirmed.
  bool confirmed() const { return unconfirmed_ == 0; }
  /// Gives up on confirming the newest points; how many they are.
  std::size_t drop_unconfirmed() { return std::exchange(unconfirmed_, 0); }

  bool locked() const {
    return intent_ == Intent::before || intent_ == Intent::after || intent_ == Intent::edge;
  }
  /// The refined period; the nominal one until the lock has held for some time.
  Nanoseconds period() const { return period_; }
  /// Half width of the uncertainty of a step's time.
  Nanoseconds uncertainty() const { return (high_ - low_) / 2; }
  /// How long the counter had kept one value at the last reading.
  Nanoseconds standstill() const;

 private:
  /// What the next reading is for.
  enum class Intent {
    probe,   ///< search: has the value changed since the last probe?
    split,   ///< bisect: is the step before or after the middle of its bracket?
    sync,    ///< bisect: read the value after a step that the split came too early for
    edge,    ///< locked: the value after the chosen step, before the next one
    before,  ///< locked, confirming: the value just before the chosen step
    after,   ///< locked, confirming: the value just after it
  };
  struct Reading {
    Instant asked;
    Instant answered;
    Joules value;
  };

  Observation probed(const Reading& now, const std::optional<Reading>& previous, bool changed);
  Observation split(const Reading& now, bool changed);
  Observation confirming(const Reading& now, bool changed);
  Observation lose(Instant now);
  void plan_probe(Instant from);
  void plan_split(Instant now);
  void plan_sync();
  void plan_edge(Instant now, std::int64_t periods);
  void move_on(std::int64_t periods);
  void narrowed(Instant now);
  bool shows_this_step(const Reading& now) const;
  bool is_too_old() const;
  Nanoseconds precise_enough() const;
  bool too_wide() const { return high_ - low_ > 2 * precise_enough(); }

  Nanoseconds nominal_;
  Nanoseconds period_;
  Nanoseconds query_;             ///< usual length of a query, as learnt
  Nanoseconds drift_per_period_;  ///< what a period may differ from period_
  int stride_ = 1;

  Intent intent_ = Intent::probe;
  Instant due_;
  std::optional<Reading> last_;
  Instant last_change_;
  std::size_t unconfirmed_ = 0;  ///< points returned since the last confirmed one
  bool confirm_wanted_ = false;

  // The step under observation lies in [low_, high_]; its number counts from the first lock.
  Instant low_;
  Instant high_;
  std::int64_t step_ = 0;
  struct Lock {
    Instant at;
    Nanoseconds half_width;
    std::int64_t step;
  };
  std::optional<Lock> first_lock_;
};

}  // namespace joulemark::measure

#pragma once

#include <optional>

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
/// up to one period. A query costs milliseconds, so polling for the step is no way out. The
/// tracker therefore works like a phase-locked loop:
///   search   query every quarter period until two readings differ: the step lies between them;
///   bisect   one query per period in the middle of what is left halves the uncertainty, until it
///            is about the cost of a query;
///   locked   around every chosen step, one query just before and one just after; a difference
///            confirms the step (and gives its energy), no difference loses the lock.
/// The period itself is refined over the whole time that the lock holds.
///
/// Between locks the uncertainty grows by what is not yet known of the period, and when it has
/// doubled the tracker bisects again, which is also what refines the period: each new lock is
/// further from the first.
///
/// Pure: time comes in with the readings; `next_query` says when the next one is wanted.
class TickTracker {
 public:
  /// `period`: nominal spacing of updates. `query_cost`: wall time of one query.
  TickTracker(Nanoseconds period, Nanoseconds query_cost);

  /// Energy points are wanted every `stride` >= 1 periods while locked.
  void set_stride(int stride) { stride_ = stride < 1 ? 1 : stride; }

  /// When the next query should begin. A later query is tolerated: it may cost a point, never a
  /// wrong one.
  Instant next_query() const { return due_; }

  /// Takes a reading of the counter that was asked for and answered at these times.
  /// Returns a point when the reading confirmed a step.
  std::optional<EnergyPoint> observe(Instant asked, Instant answered, Joules value);

  bool locked() const { return intent_ == Intent::before || intent_ == Intent::after; }
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
    before,  ///< locked: the value just before the chosen step
    after,   ///< locked: the value just after it
  };
  struct Seen {
    Instant at;
    Joules value;
  };

  void plan_probe(Instant from);
  void plan_split(Instant now);
  void plan_sync();
  void plan_edge(Instant now, std::int64_t periods);
  void move_on(std::int64_t periods);
  void narrowed(Instant now);
  bool inside_plateau(Instant at) const;

  Nanoseconds nominal_;
  Nanoseconds period_;
  Nanoseconds query_cost_;
  /// How long before a step the value before it is asked for. The whole plateau shows that value,
  /// so a generous lead costs nothing, and a process that wakes late still comes in time.
  Nanoseconds lead_;
  Nanoseconds precise_enough_;    ///< width of the bracket at which bisecting ends
  Nanoseconds drift_per_period_;  ///< what a period may differ from period_
  int stride_ = 1;

  Intent intent_ = Intent::probe;
  Instant due_;
  std::optional<Seen> last_;
  Instant last_change_;

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

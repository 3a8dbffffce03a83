#include "measure/tick_tracker.hpp"

#include <algorithm>

namespace joulemark::measure {
namespace {

/// What a period may differ from its nominal value before it has been measured: firmware timers are
/// tens of ppm off, schedulers that stretch a period more; 0.2 % keeps the lock in both cases.
constexpr double kNominalTolerance = 0.002;
constexpr std::size_t kPointsPerConfirmation = 10;
/// A value holds until the next step, so it need not be asked for at once. NVML takes 13 ms for a
/// query 5 ms behind a step of its counter, and 3 to 5 ms for one from 15 ms on (H200,
/// bench/README.md).
constexpr int kCalmPart = 4;

Instant middle(Instant a, Instant b) { return a + (b - a) / 2; }

}  // namespace

TickTracker::TickTracker(Nanoseconds period, Nanoseconds query_cost)
    : nominal_(period),
      period_(period),
      query_(query_cost),
      drift_per_period_(from_seconds(seconds(period) * kNominalTolerance)) {}

Nanoseconds TickTracker::standstill() const {
  return last_ ? last_->answered - last_change_ : Nanoseconds(0);
}

TickTracker::Observation TickTracker::observe(Instant asked, Instant answered, Joules value) {
  const Reading now{asked, answered, value};
  const std::optional<Reading> previous = last_;
  const bool changed = previous && now.value != previous->value;
  if (!previous || changed) last_change_ = answered;
  last_ = now;
  // Most queries take about as long; one that a busy host stretched shall not count for much.
  const Nanoseconds took = std::min(answered - asked, 2 * query_ + nominal_ / 100);
  query_ += (took - query_) / 8;
  if (locked() && is_too_old()) return lose(answered);

  switch (intent_) {
    case Intent::probe:
      return probed(now, previous, changed);
    case Intent::split:
      return split(now, changed);
    case Intent::sync:
      if (!changed || !shows_this_step(now)) return lose(answered);
      narrowed(answered);
      return {};
    case Intent::edge: {
      const bool good = shows_this_step(now);  // if not, it came too late to know whose value it is
      const EnergyPoint point{middle(low_, high_), value};
      if (good) ++unconfirmed_;
      plan_edge(answered, good ? stride_ : 1);
      return {good ? std::optional(point) : std::nullopt, 0};
    }
    case Intent::before:
      if (answered < low_) {
        intent_ = Intent::after;
        due_ = high_;
      } else {
        plan_edge(answered, 1);
      }
      return {};
    case Intent::after:
      return confirming(now, changed);
  }
  return {};
}

TickTracker::Observation TickTracker::probed(const Reading& now,
                                             const std::optional<Reading>& previous, bool changed) {
  // A gap of a period or more may hide several steps: only a short one brackets a single step.
  if (!changed || now.answered - previous->asked >= nominal_) {
    plan_probe(now.answered);
    return {};
  }
  low_ = previous->asked;
  high_ = now.answered;
  step_ = 0;
  first_lock_.reset();
  period_ = nominal_;
  drift_per_period_ = from_seconds(seconds(nominal_) * kNominalTolerance);
  narrowed(now.answered);
  return {};
}

TickTracker::Observation TickTracker::split(const Reading& now, bool changed) {
  move_on(1);
  if (!changed) {
    if (now.asked >= high_) return lose(now.answered);
    low_ = std::max(low_, now.asked);
    plan_sync();
    return {};
  }
  if (now.answered <= low_ || now.answered >= low_ + period_) return lose(now.answered);
  high_ = std::min(high_, now.answered);
  narrowed(now.answered);
  return {};
}

TickTracker::Observation TickTracker::confirming(const Reading& now, bool changed) {
  if (!shows_this_step(now)) {
    plan_edge(now.answered, 1);
    return {};
  }
  if (!changed) return lose(now.answered);  // the step is not where it was thought to be
  const EnergyPoint point{middle(low_, high_), now.value};
  unconfirmed_ = 0;
  confirm_wanted_ = false;
  if (too_wide()) {
    plan_split(now.answered);
  } else {
    plan_edge(now.answered, stride_);
  }
  return {point, 0};
}

void TickTracker::confirm(Instant now) {
  confirm_wanted_ = true;
  if (intent_ != Intent::edge) return;
  // The step that was chosen may be several periods on: take the next one instead.
  while (low_ - period_ > now) move_on(-1);
  plan_edge(now, 0);
}

/// What was seen contradicts the lock.
TickTracker::Observation TickTracker::lose(Instant now) {
  const std::size_t doubtful = unconfirmed_;
  unconfirmed_ = 0;
  plan_probe(now);
  return {std::nullopt, doubtful};
}

/// True when a reading can only show the value after the step under observation, not that after the
/// next one.
bool TickTracker::shows_this_step(const Reading& now) const {
  return now.asked >= high_ && now.answered < low_ + period_ - drift_per_period_;
}

/// After a long break the step may lie anywhere in so wide a bracket that no reading fits between
/// its end and the next step.
bool TickTracker::is_too_old() const { return high_ - low_ + query_ >= period_; }

/// Bisecting cannot get below the length of a query; it ends somewhat above that.
Nanoseconds TickTracker::precise_enough() const {
  return std::clamp(query_ + query_ / 2, nominal_ / 100, nominal_ / 4);
}

void TickTracker::move_on(std::int64_t periods) {
  low_ = low_ + (period_ - drift_per_period_) * periods;
  high_ = high_ + (period_ + drift_per_period_) * periods;
  step_ += periods;
}

void TickTracker::plan_probe(Instant from) {
  intent_ = Intent::probe;
  due_ = from + nominal_ / 4;
}

/// The last reading shows the value after the step in [low_, high_]; the next period's step is
/// asked about in the middle of its bracket.
void TickTracker::plan_split(Instant now) {
  intent_ = Intent::split;
  due_ = middle(low_, high_) + period_ - query_ / 2;
  if (due_ < now) plan_probe(now);
}

void TickTracker::plan_sync() {
  intent_ = Intent::sync;
  due_ = high_;
}

/// The bracket got narrower and the last reading shows the value after its step: bisect on, or
/// lock.
void TickTracker::narrowed(Instant now) {
  if (high_ - low_ > precise_enough()) {
    plan_split(now);
    return;
  }
  const Lock lock{middle(low_, high_), (high_ - low_) / 2, step_};
  if (!first_lock_) {
    first_lock_ = lock;
  } else if (const auto steps = lock.step - first_lock_->step; steps > 0) {
    const Nanoseconds error = (lock.half_width + first_lock_->half_width) / steps;
    if (error < drift_per_period_) {
      period_ = (lock.at - first_lock_->at) / steps;
      drift_per_period_ = error;
    }
  }
  plan_edge(now, 1);
}

/// Chooses the first step that is at least `periods` on and can still be caught.
void TickTracker::plan_edge(Instant now, std::int64_t periods) {
  move_on(periods);
  // The whole plateau before a step shows the value before it: a generous lead costs nothing, and a
  // process that wakes late still comes in time.
  const Nanoseconds lead = std::max(2 * query_, nominal_ / 20);
  if (confirm_wanted_ || unconfirmed_ + 1 >= kPointsPerConfirmation || too_wide()) {
    while (low_ - lead < now) move_on(1);
    intent_ = Intent::before;
    due_ = low_ - lead;
  } else {
    const Nanoseconds wait = nominal_ / kCalmPart;
    while (high_ + wait < now) move_on(1);
    intent_ = Intent::edge;
    due_ = high_ + wait;
  }
}

}  // namespace joulemark::measure

#include "measure/tick_tracker.hpp"

#include <algorithm>

namespace joulemark::measure {
namespace {

Instant middle(Instant a, Instant b) { return a + (b - a) / 2; }

/// What a period may differ from its nominal value before it has been measured: firmware timers are
/// tens of ppm off, schedulers that stretch a period more; 0.2 % keeps the lock in both cases.
constexpr double kNominalTolerance = 0.002;

}  // namespace

TickTracker::TickTracker(Nanoseconds period, Nanoseconds query_cost)
    : nominal_(period),
      period_(period),
      query_cost_(query_cost),
      lead_(std::max(query_cost, period / 20)),
      precise_enough_(std::max(query_cost / 2, period / 100)),
      drift_per_period_(from_seconds(seconds(period) * kNominalTolerance)) {}

Nanoseconds TickTracker::standstill() const {
  return last_ ? last_->at - last_change_ : Nanoseconds(0);
}

std::optional<EnergyPoint> TickTracker::observe(Instant asked, Instant answered, Joules value) {
  const Seen now{middle(asked, answered), value};
  const std::optional<Seen> previous = last_;
  const bool changed = previous && now.value != previous->value;
  if (!previous || changed) last_change_ = now.at;
  last_ = now;

  switch (intent_) {
    case Intent::probe: {
      // A gap of a period or more may hide several steps: only a short one brackets a single step.
      if (!changed || now.at - previous->at >= nominal_) {
        plan_probe(now.at);
        return std::nullopt;
      }
      low_ = previous->at;
      high_ = now.at;
      step_ = 0;
      first_lock_.reset();
      period_ = nominal_;
      drift_per_period_ = from_seconds(seconds(nominal_) * kNominalTolerance);
      narrowed(answered);
      return std::nullopt;
    }
    case Intent::split: {
      move_on(1);
      if (now.at <= low_ || now.at >= high_) {  // came at another time than planned
        if (inside_plateau(now.at) && changed) {
          plan_split(answered);
        } else {
          plan_probe(now.at);
        }
        return std::nullopt;
      }
      if (changed) {
        high_ = now.at;
        narrowed(answered);
      } else {
        low_ = now.at;
        plan_sync();
      }
      return std::nullopt;
    }
    case Intent::sync: {
      if (!changed || !inside_plateau(now.at)) {
        plan_probe(now.at);
      } else {
        narrowed(answered);
      }
      return std::nullopt;
    }
    case Intent::before: {
      if (now.at < low_) {
        intent_ = Intent::after;
        due_ = high_ + query_cost_ / 2;
      } else {
        plan_edge(answered, 1);  // too late for this step
      }
      return std::nullopt;
    }
    case Intent::after: {
      if (!inside_plateau(now.at)) {  // too late to know which step's value this is
        plan_edge(answered, 1);
        return std::nullopt;
      }
      if (!changed) {  // the step is not where it was thought to be
        plan_probe(now.at);
        return std::nullopt;
      }
      const EnergyPoint point{middle(low_, high_), now.value};
      if (high_ - low_ > 2 * precise_enough_) {
        plan_split(answered);
      } else {
        plan_edge(answered, stride_);
      }
      return point;
    }
  }
  return std::nullopt;
}

/// True when `at` lies after the step under observation and before the next one.
bool TickTracker::inside_plateau(Instant at) const { return at > high_ && at < low_ + period_; }

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
  due_ = middle(low_, high_) + period_ - query_cost_ / 2;
  if (due_ < now) plan_probe(now);
}

void TickTracker::plan_sync() {
  intent_ = Intent::sync;
  due_ = high_ + query_cost_ / 2;
}

/// The bracket got narrower and the last reading shows the value after its step: bisect on, or
/// lock.
void TickTracker::narrowed(Instant now) {
  if (high_ - low_ > precise_enough_) {
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
  while (low_ - lead_ < now) move_on(1);
  intent_ = Intent::before;
  due_ = low_ - lead_;
}

}  // namespace joulemark::measure

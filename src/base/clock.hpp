#pragma once

#include "base/units.hpp"

namespace joulemark {

/// The seam through which all waiting and timing goes, so that tests can own time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
  /// Returns at or after `deadline`; at once when it has passed. May return early when a signal
  /// arrives, so loops re-check their condition.
  virtual void sleep_until(Instant deadline) = 0;
};

/// CLOCK_MONOTONIC.
class SteadyClock final : public Clock {
 public:
  Instant now() override;
  void sleep_until(Instant deadline) override;
};

/// Time that moves only when asked to: sleeping jumps straight to the deadline.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = {}) : now_(start) {}
  Instant now() override { return now_; }
  void sleep_until(Instant deadline) override {
    if (deadline > now_) now_ = deadline;
  }
  void advance(Nanoseconds d) { now_ = now_ + d; }

 private:
  Instant now_;
};

}  // namespace joulemark

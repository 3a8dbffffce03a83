#pragma once

#include "base/units.hpp"

namespace joulemark {

/// How far two other clocks of the kernel are ahead of CLOCK_MONOTONIC. Slewing (NTP) changes the
/// rate of all three alike, so each distance stays what it is but for the one event that it tells.
struct ClockOffsets {
  Nanoseconds asleep{0};  ///< of CLOCK_BOOTTIME: grows by the time for which the machine slept
  Nanoseconds wall{0};    ///< of CLOCK_REALTIME: grows by that too, and when the wall clock is set
};

/// What happened to the clocks between two looks at them. Zero: nothing.
struct ClockJump {
  Nanoseconds asleep{0};  ///< the machine was suspended for so long
  Nanoseconds wall{0};    ///< the wall clock was set by so much
};
/// Less than 10 ms is taken for the noise of reading two clocks one after the other, which on a
/// busy host is milliseconds.
ClockJump clock_jump(const ClockOffsets& before, const ClockOffsets& after);

/// The seam through which all waiting and timing goes, so that tests can own time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
  /// Returns at or after `deadline`; at once when it has passed. May return early when a signal
  /// arrives, so loops re-check their condition.
  virtual void sleep_until(Instant deadline) = 0;
  /// Of a clock that is not the kernel's: never a jump.
  virtual ClockOffsets offsets() { return {}; }
};

/// CLOCK_MONOTONIC, which stands still while the machine is suspended.
class SteadyClock final : public Clock {
 public:
  Instant now() override;
  void sleep_until(Instant deadline) override;
  ClockOffsets offsets() override;
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
  ClockOffsets offsets() override { return offsets_; }
  void suspend(Nanoseconds d) { offsets_ = {offsets_.asleep + d, offsets_.wall + d}; }
  void set_wall_clock(Nanoseconds d) { offsets_.wall += d; }

 private:
  Instant now_;
  ClockOffsets offsets_;
};

}  // namespace joulemark

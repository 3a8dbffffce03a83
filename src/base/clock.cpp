#include "base/clock.hpp"

#include <time.h>

namespace joulemark {
namespace {

constexpr Nanoseconds kNoise = std::chrono::milliseconds(10);

Nanoseconds read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
}

/// A clock less CLOCK_MONOTONIC, read between two looks at the latter. Of three tries the quickest:
/// one that was interrupted in between is off by up to half of the interruption.
Nanoseconds ahead(clockid_t id) {
  Nanoseconds quickest = Nanoseconds::max();
  Nanoseconds offset{0};
  for (int i = 0; i < 3; ++i) {
    const Nanoseconds before = read(CLOCK_MONOTONIC);
    const Nanoseconds other = read(id);
    const Nanoseconds after = read(CLOCK_MONOTONIC);
    if (after - before >= quickest) continue;
    quickest = after - before;
    offset = other - (before + (after - before) / 2);
  }
  return offset;
}

Nanoseconds unless_noise(Nanoseconds d) {
  return std::chrono::abs(d) < kNoise ? Nanoseconds(0) : d;
}

}  // namespace

ClockJump clock_jump(const ClockOffsets& before, const ClockOffsets& after) {
  const Nanoseconds asleep = after.asleep - before.asleep;
  return {unless_noise(asleep), unless_noise(after.wall - before.wall - asleep)};
}

Instant SteadyClock::now() { return {read(CLOCK_MONOTONIC)}; }

ClockOffsets SteadyClock::offsets() { return {ahead(CLOCK_BOOTTIME), ahead(CLOCK_REALTIME)}; }

void SteadyClock::sleep_until(Instant deadline) {
  const auto ns = deadline.since_boot.count();
  const timespec t{ns / 1'000'000'000, ns % 1'000'000'000};
  // Absolute, so that the time spent between computing the deadline and sleeping does not add up.
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

}  // namespace joulemark

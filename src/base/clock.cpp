#include "base/clock.hpp"

#include <time.h>

namespace joulemark {

Instant SteadyClock::now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return {std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec)};
}

void SteadyClock::sleep_until(Instant deadline) {
  const auto ns = deadline.since_boot.count();
  const timespec t{ns / 1'000'000'000, ns % 1'000'000'000};
  // Absolute, so that the time spent between computing the deadline and sleeping does not add up.
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

}  // namespace joulemark

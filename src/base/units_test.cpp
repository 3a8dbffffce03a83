#include "base/units.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace joulemark {
namespace {

TEST(Units, PowerTimesTimeIsEnergyAndBack) {
  const Joules e = Watts(250.0) * from_seconds(0.2);
  EXPECT_DOUBLE_EQ(e.value, 50.0);
  EXPECT_DOUBLE_EQ((e / from_seconds(0.2)).value, 250.0);
  EXPECT_DOUBLE_EQ((e / Images(100.0)).value, 0.5);
}

TEST(Units, InstantsSubtractToDurations) {
  const Instant a{Nanoseconds(100)};
  EXPECT_EQ((a + Nanoseconds(50)) - a, Nanoseconds(50));
}

TEST(ManualClock, SleepingJumpsForwardAndNeverBack) {
  ManualClock clock(Instant{Nanoseconds(10)});
  clock.sleep_until(Instant{Nanoseconds(30)});
  EXPECT_EQ(clock.now().since_boot, Nanoseconds(30));
  clock.sleep_until(Instant{Nanoseconds(20)});
  EXPECT_EQ(clock.now().since_boot, Nanoseconds(30));
}

TEST(SteadyClock, SleepsToAtLeastTheDeadline) {
  SteadyClock clock;
  const Instant deadline = clock.now() + std::chrono::milliseconds(2);
  clock.sleep_until(deadline);
  EXPECT_GE(clock.now(), deadline);
}

TEST(Error, MessageJoinsWhatAndNextStep) {
  EXPECT_EQ((Error{ErrorKind::io, "cannot open x", "Check the path"}).message(),
            "cannot open x. Check the path");
  EXPECT_EQ((Error{ErrorKind::io, "cannot open x", ""}).message(), "cannot open x");
}

TEST(ErrorKind, ConfigurationFailuresAreTheFirstBlock) {
  EXPECT_TRUE(is_configuration_failure(ErrorKind::unstable));
  EXPECT_FALSE(is_configuration_failure(ErrorKind::invalid_input));
}

}  // namespace
}  // namespace joulemark

#include "base/clock.hpp"

#include <gtest/gtest.h>
#include <time.h>

namespace joulemark {
namespace {

using namespace std::chrono_literals;

TEST(ClockJump, IsNothingWhereTheDistancesStayed) {
  const ClockOffsets before{3h, 1000h};
  const ClockJump jump = clock_jump(before, {3h + 2ms, 1000h - 7ms});
  EXPECT_EQ(jump.asleep, 0ns);
  EXPECT_EQ(jump.wall, 0ns);
}

TEST(ClockJump, ASuspendMovesBothAndIsNoSettingOfTheWallClock) {
  const ClockJump jump = clock_jump({3h, 1000h}, {3h + 42s, 1000h + 42s});
  EXPECT_EQ(jump.asleep, 42s);
  EXPECT_EQ(jump.wall, 0ns);
}

TEST(ClockJump, TheWallClockMaySetBackOrForward) {
  EXPECT_EQ(clock_jump({0s, 5s}, {0s, 4s}).wall, -1s);
  EXPECT_EQ(clock_jump({0s, 5s}, {0s, 65s}).wall, 60s);
  const ClockJump both = clock_jump({0s, 5s}, {10s, 14s});
  EXPECT_EQ(both.asleep, 10s);
  EXPECT_EQ(both.wall, -1s);
}

TEST(SteadyClock, KnowsTheDistanceOfTheWallClock) {
  SteadyClock clock;
  const Nanoseconds wall = clock.now().since_boot + clock.offsets().wall;
  EXPECT_NEAR(seconds(wall), static_cast<double>(time(nullptr)), 2.0);
  EXPECT_GE(clock.offsets().asleep, -1ms) << "the machine cannot have slept for less than nothing";
}

}  // namespace
}  // namespace joulemark

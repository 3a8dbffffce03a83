// The sensor of the fake driver library: what bench/meters holds every program against.

#include "meter/testing/board_sensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace joulemark::meter::fake {
namespace {

std::unique_ptr<Waveform> waveform(std::string_view description) {
  return std::move(parse_waveform(description).value());
}

BoardSensor sensor(std::string_view description, const BoardSensorModel& model = {}) {
  return {waveform(description), model};
}

TEST(BoardSensor, UpdatesOnItsGrid) {
  const BoardSensor s = sensor("flat:100");
  EXPECT_DOUBLE_EQ(s.updated(0.0), 0.0);
  EXPECT_DOUBLE_EQ(s.updated(0.0999), 0.0);
  EXPECT_DOUBLE_EQ(s.updated(0.1), 0.1);
  EXPECT_DOUBLE_EQ(s.updated(0.3), 0.3) << "0.3 / 0.1 is less than 3";
  EXPECT_NEAR(s.updated(12.37), 12.3, 1e-12);
  EXPECT_DOUBLE_EQ(s.updated(-5.0), 0.0);
}

TEST(BoardSensor, WithoutSamplingCountsTheIntegral) {
  const BoardSensor s = sensor("square:100,500,0.0073,0.4");
  const auto w = waveform("square:100,500,0.0073,0.4");
  for (const double t : {0.0, 0.1, 0.7, 3.3}) EXPECT_DOUBLE_EQ(s.counted(t), w->joules(t));
  EXPECT_DOUBLE_EQ(s.counted(-1.0), 0.0);
}

TEST(BoardSensor, WithSamplingCountsTheSumOfItsSamples) {
  // A period of 35 ms is high for its first 14 ms: of samples 20 ms apart, at 0, 20, 5, 25, 10, 30
  // and 15 ms of their periods, the first, third and fifth are high, then all again.
  const BoardSensor s = sensor("square:100,500,0.035,0.4", {.sampling = 0.02});
  EXPECT_NEAR(s.counted(0.02), 500 * 0.02, 1e-9);
  EXPECT_NEAR(s.counted(0.04), 600 * 0.02, 1e-9);
  EXPECT_NEAR(s.counted(0.1), (3 * 500 + 2 * 100) * 0.02, 1e-9);
  EXPECT_NEAR(s.counted(0.14), (3 * 500 + 4 * 100) * 0.02, 1e-9);
  EXPECT_NEAR(s.counted(1.4), 10 * s.counted(0.14), 1e-9);
  EXPECT_GT(std::abs(s.counted(1.4) / s.joules(1.4) - 1.0), 0.03) << "or nothing aliases";
}

TEST(BoardSensor, ALoadInStepWithTheSamplesIsSeenAtOnePhaseOnly) {
  const BoardSensor s = sensor("square:100,500,0.02,0.5", {.sampling = 0.02});
  EXPECT_NEAR(s.counted(6.0), 500 * 6.0, 1e-6);
  EXPECT_NEAR(s.joules(6.0), 300 * 6.0, 1e-6);
}

TEST(BoardSensor, JitterMovesEveryUpdateByNoMoreThanIsSaid) {
  const BoardSensor s = sensor("flat:100", {.jitter = 0.005});
  std::set<double> distances;
  for (int i = 1; i <= 500; ++i) {
    const double grid = i * 0.1;
    const double at = s.updated(grid + 0.0051);
    ASSERT_GE(at, grid - 0.005);
    ASSERT_LE(at, grid + 0.005);
    // What is shown just before is the update before, whatever its own jitter.
    EXPECT_LE(s.updated(std::nextafter(at, 0.0) - 1e-6), grid - 0.1 + 0.005);
    EXPECT_DOUBLE_EQ(s.updated(at), at);
    distances.insert(at - grid);
  }
  EXPECT_GT(distances.size(), 490u) << "no two are moved alike";
  EXPECT_LT(*distances.begin(), -0.0045);
  EXPECT_GT(*distances.rbegin(), 0.0045);
}

TEST(BoardSensor, JitterIsTheSameEveryTimeAndAnotherForEverySeed) {
  const BoardSensor one = sensor("flat:100", {.jitter = 0.005, .seed = 3});
  const BoardSensor same = sensor("flat:100", {.jitter = 0.005, .seed = 3});
  const BoardSensor other = sensor("flat:100", {.jitter = 0.005, .seed = 4});
  EXPECT_EQ(one.updated(7.051), same.updated(7.051));
  EXPECT_NE(one.updated(7.051), other.updated(7.051));
}

TEST(BoardSensor, AveragePowerIsTheMeanOfTheLastSecond) {
  const BoardSensor s = sensor("step:100,500,2");
  EXPECT_DOUBLE_EQ(s.mean_watts(0.0), 100.0);
  EXPECT_DOUBLE_EQ(s.mean_watts(2.0), 100.0);
  EXPECT_DOUBLE_EQ(s.mean_watts(2.25), 200.0);
  EXPECT_DOUBLE_EQ(s.mean_watts(3.0), 500.0);
  EXPECT_DOUBLE_EQ(s.watts(2.25), 500.0) << "instant power does not lag";
}

TEST(BoardSensor, ACounterThatWrapsStartsFromZero) {
  const BoardSensor s = sensor("flat:100", {.wrap = 1000.0});
  EXPECT_DOUBLE_EQ(s.wrapped(999.0), 999.0);
  EXPECT_DOUBLE_EQ(s.wrapped(1000.0), 0.0);
  EXPECT_DOUBLE_EQ(s.wrapped(2500.0), 500.0);
  EXPECT_DOUBLE_EQ(sensor("flat:100").wrapped(1e9), 1e9);
}

}  // namespace
}  // namespace joulemark::meter::fake

#include "calibrate/observe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "calibrate/analyse.hpp"
#include "calibrate/testing/board.hpp"

/// The whole procedure on a board whose sensor is known: what goes in must come out.
namespace joulemark::calibrate {
namespace {

using namespace std::chrono_literals;
using testing::Board;
using testing::BoardLoad;
using testing::BoardMeter;
using testing::Sensor;

Result<Observations> observed(Board& board, const std::atomic<bool>& interrupted = false) {
  BoardMeter meter(board);
  BoardLoad load(board);
  return observe({board.clock(), meter, load, interrupted, {}}, {});
}

meter::Calibration calibration_of(const Sensor& sensor) {
  SCOPED_TRACE(::testing::Message() << "update " << sensor.update << ", jitter " << sensor.jitter
                                    << ", lag " << sensor.lag);
  ManualClock clock;
  Board board(sensor, clock);
  const auto seen = observed(board);
  EXPECT_TRUE(seen) << seen.error().message();
  return seen ? analyse(*seen, board.info(), "a square") : meter::Calibration{};
}

TEST(Calibration, FindsThePeriodOfTheUpdatesAndTheirJitter) {
  Sensor strict;
  const auto c = calibration_of(strict);
  ASSERT_TRUE(c.updates.period_s);
  EXPECT_NEAR(*c.updates.period_s, 0.1, 1e-4);
  EXPECT_LT(*c.updates.period_ci95_s, 2e-4);
  EXPECT_LT(*c.updates.jitter_s, *c.updates.resolved_s);
  EXPECT_NEAR(*c.updates.resolution_j, 1e-3, 1e-9);
  Sensor other;
  other.update = 0.1007;
  other.query = 0.001;
  EXPECT_NEAR(*calibration_of(other).updates.period_s, 0.1007, 1e-4);
  Sensor unsteady;
  unsteady.jitter = 0.004;
  unsteady.query = 0.001;
  EXPECT_NEAR(*calibration_of(unsteady).updates.jitter_s, 0.004, 0.001);
}

TEST(Calibration, FindsPowerNoiseAndCostOfEachState) {
  const auto c = calibration_of({});
  ASSERT_EQ(c.states.size(), 3u);
  EXPECT_EQ(c.states[0].name, "idle, no context");
  EXPECT_NEAR(c.states[0].watts, 80.0, 0.1);
  EXPECT_EQ(c.states[1].name, "idle, with a context");
  EXPECT_NEAR(c.states[1].watts, 120.0, 0.1);
  ASSERT_NE(c.state(meter::kStateSteady), nullptr);
  EXPECT_NEAR(c.state(meter::kStateSteady)->watts, 500.0, 0.5);
  EXPECT_NEAR(*c.state(meter::kStateSteady)->gap_rel, 0.0, 1e-3);
  EXPECT_LT(*c.state(meter::kStateSteady)->sample_noise_rel, 1e-6);
  ASSERT_FALSE(c.queries.empty());
  EXPECT_EQ(c.queries[0].channel, "energy");
  EXPECT_NEAR(c.queries[0].wall_s, 0.004, 1e-6);
  EXPECT_EQ(c.driver, "board 1.0");
  // The procedure is to take less than 90 s.
  EXPECT_GT(c.seconds, 40.0);
  EXPECT_LT(c.seconds, 90.0);
}

TEST(Calibration, SeesHowUnevenTheHostIsAllOverItsTime) {
  const auto c = calibration_of({});
  ASSERT_TRUE(c.host);
  EXPECT_EQ(c.host->probes, 1u + 3u * (kPhases + 2u));
  EXPECT_NEAR(c.host->spread_rel, 1.0 / 3.0, 0.02);
}

TEST(Calibration, FindsTheLagOfEveryChannel) {
  for (const double lag : {0.0, 0.030, 0.080}) {
    Sensor late;
    late.lag = lag;
    const auto c = calibration_of(late);
    ASSERT_NE(c.response("counter"), nullptr) << lag;
    EXPECT_NEAR(c.response("counter")->lag_s, lag, 0.004) << lag;
    ASSERT_NE(c.response("ring"), nullptr) << lag;
    // Samples 20 ms apart at five phases of the square.
    EXPECT_NEAR(c.response("ring")->lag_s, lag, 0.012) << lag;
    ASSERT_NE(c.response("power"), nullptr) << lag;
  }
}

TEST(Calibration, FindsTheRunningMean) {
  Sensor slow;
  slow.lag = 0.02;
  slow.averaging = 0.4;
  const auto c = calibration_of(slow);
  ASSERT_NE(c.response("ring"), nullptr);
  EXPECT_NEAR(c.response("ring")->lag_s, 0.02 + 0.2, 0.01);
  EXPECT_NEAR(c.response("ring")->rise_s.value_or(0.0), 0.4, 0.03);
}

TEST(Calibration, SeesWhatASamplingSensorMisreads) {
  const auto exact = calibration_of({});
  ASSERT_EQ(exact.aliasing.size(), 3u);
  for (const auto& a : exact.aliasing) {
    EXPECT_EQ(a.watts.size(), 4u);
    EXPECT_LT(a.worst_rel, 0.01) << a.period_s;
    EXPECT_NEAR(a.reference_w, 120.0 + 380.0 * a.duty, 4.0) << a.period_s;
  }
  Sensor sampling;
  sampling.samples_only = true;
  const auto c = calibration_of(sampling);
  ASSERT_EQ(c.aliasing.size(), 3u);
  // Samples 20 ms apart of a square of 20 ms all see the same: 500 or 120 W, not 310.
  EXPECT_NEAR(c.aliasing[1].worst_rel, 190.0 / 310.0, 0.03);
  EXPECT_GT(c.aliasing[2].worst_rel, 0.4);
  // In watts: half of the swing of 380 at least, three quarters of it at most.
  EXPECT_GT(c.worst_aliasing()->value, 0.47 * 380.0);
  EXPECT_LT(c.worst_aliasing()->value, 0.78 * 380.0);
}

TEST(Calibration, EndsWithTheMeterOrWhenAsked) {
  ManualClock clock;
  Board standing({}, clock);
  standing.stop_at(20.0);
  const auto lost = observed(standing);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::meter_lost);
  Board board({}, clock);
  const std::atomic<bool> interrupted = true;
  EXPECT_EQ(observed(board, interrupted).error().kind, ErrorKind::interrupted);
}

TEST(Plan, FollowsTheSensorsOwnPeriods) {
  meter::MeterInfo info;
  info.update_period = 100ms;
  info.has_ring = true;
  info.ring_period = 20ms;
  const Plan p = plan(info);
  ASSERT_EQ(p.groups.size(), 3u);
  EXPECT_EQ(p.groups[0].locked.period, 100ms);
  EXPECT_EQ(p.groups[1].locked.period, 20ms);
  EXPECT_EQ(p.groups[2].locked.high, 5ms);
  info.update_period = 1ms;
  EXPECT_EQ(plan(info).groups.size(), 2u);
}

}  // namespace
}  // namespace joulemark::calibrate

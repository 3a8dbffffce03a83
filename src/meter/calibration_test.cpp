#include "meter/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "meter/synthetic.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::unique_ptr<Meter> synthetic(ManualClock& clock) {
  return open_synthetic("flat:100;update=100;ring=20;cost=4", clock).value();
}

Calibration full() {
  Calibration c;
  c.id = "20261125T101512Z-7f3a9c";
  c.updates.period_s = 0.1002;
  c.queries = {{"energy", false, 30, 0.003, 0.004, 0.003},
               {"energy", true, 6, 0.012, 0.015, 0.012}};
  c.states = {{"idle", 80.0, {}, {}, {}, {}}, {kStateSteady, 500.0, {}, {}, {}, -0.02}};
  c.responses = {{"counter", 0.03, 0.002, {}}, {"ring", 0.025, 0.004, 0.02}};
  c.aliasing = {{0.1, 0.5, 300.0, {301.0, 299.0}, 0.003}, {0.02, 0.5, 300.0, {330.0, 280.0}, 0.1}};
  return c;
}

TEST(Calibrated, KnowsWhatWasFound) {
  ManualClock clock;
  const auto meter = synthetic(clock);
  const auto better = calibrated(*meter, full());
  const MeterInfo& info = better->info();
  EXPECT_EQ(info.calibration, "20261125T101512Z-7f3a9c");
  EXPECT_EQ(info.update_period, 100200us);
  // What a query costs after a rest, which is when `measure` makes one.
  EXPECT_EQ(info.query_cost, 12ms);
  EXPECT_EQ(info.energy_lag, 30ms);
  EXPECT_EQ(info.ring_lag, 25ms);
  // In watts, of squares of 300 W: a tenth, and 0.3 % of the longer ones.
  EXPECT_DOUBLE_EQ(info.aliasing_power.value_or(Watts()).value, 30.0);
  EXPECT_DOUBLE_EQ(info.aliasing_updates_power.value_or(Watts()).value, 0.9);
  EXPECT_EQ(info.aliasing_rel, std::nullopt);
  EXPECT_DOUBLE_EQ(info.systematic_rel, 0.02);
  EXPECT_THAT(info.systematic_reason, HasSubstr("20261125T101512Z-7f3a9c"));
  EXPECT_EQ(info.name, meter->info().name);
}

TEST(Calibrated, KnowsTheHostWhereADeviceWaitsForIt) {
  ManualClock clock;
  const auto meter = synthetic(clock);
  Calibration c = full();
  c.host = Calibration::Host{19, 3e5, 0.08};
  EXPECT_EQ(calibrated(*meter, c)->info().launch_spread_rel, std::nullopt) << "one idle state";
  c.states.insert(c.states.begin() + 1, {"idle, with a context", 120.0, {}, {}, {}, {}});
  const auto better = calibrated(*meter, c);
  EXPECT_DOUBLE_EQ(better->info().launch_spread_rel.value(), 0.08);
  EXPECT_DOUBLE_EQ(better->info().waiting_power->value, 120.0);
}

TEST(Calibrated, StaysAsItWasWhereNothingWasFound) {
  ManualClock clock;
  const auto meter = synthetic(clock);
  const auto same = calibrated(*meter, {});
  EXPECT_EQ(same->info().update_period, meter->info().update_period);
  EXPECT_EQ(same->info().query_cost, meter->info().query_cost);
  EXPECT_EQ(same->info().energy_lag, 0ns);
  EXPECT_EQ(same->info().aliasing_power, std::nullopt);
  EXPECT_TRUE(same->info().calibration.empty());
}

TEST(Calibrated, TakesTheMostWattsAndNotTheGreatestShare) {
  Calibration c = full();
  // A shorter pulse: a greater share of a smaller power, and fewer watts.
  c.aliasing.push_back({0.02, 0.25, 100.0, {120.0, 90.0}, 0.2});
  EXPECT_DOUBLE_EQ(c.worst_aliasing()->value, 30.0);
  EXPECT_DOUBLE_EQ(c.worst_aliasing(0.1)->value, 0.9);
  EXPECT_EQ(Calibration{}.worst_aliasing(), std::nullopt);
}

TEST(Calibrated, AppliesNoLagThatIsNotKnown) {
  ManualClock clock;
  const auto meter = synthetic(clock);
  for (const auto& [lag, spread] :
       {std::pair(0.03, 0.2), std::pair(-0.01, 0.001), std::pair(7.0, 0.1)}) {
    Calibration c = full();
    c.responses = {{"counter", lag, spread, {}}};
    EXPECT_EQ(calibrated(*meter, c)->info().energy_lag, 0ns) << lag;
  }
}

TEST(Calibrated, ASmallGapDoesNotMakeTheSensorBetter) {
  ManualClock clock;
  const auto meter = synthetic(clock);
  Calibration c = full();
  c.states = {{kStateSteady, 500.0, {}, {}, {}, 0.0}};
  EXPECT_DOUBLE_EQ(calibrated(*meter, c)->info().systematic_rel, meter->info().systematic_rel);
}

TEST(Calibrated, SamplesComeWhenTheyWereTrue) {
  ManualClock clock;
  const auto meter = synthetic(clock);
  const auto better = calibrated(*meter, full());
  clock.advance(1s);
  const auto plain = meter->ring_since(Instant{} + 500ms).value();
  const auto moved = better->ring_since(Instant{} + 500ms - 25ms).value();
  ASSERT_EQ(plain.size(), moved.size());
  EXPECT_EQ(plain.front().at - moved.front().at, 25ms);
  // Asking again from the last stamp gives only what is newer.
  EXPECT_TRUE(better->ring_since(moved.back().at)->empty());
}

}  // namespace
}  // namespace joulemark::meter

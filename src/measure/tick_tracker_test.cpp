#include "measure/tick_tracker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/clock.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

/// A counter that steps every `period` after `phase` by what `power` watts give in that time.
struct SteppingCounter {
  Nanoseconds period;
  Nanoseconds phase;
  double power = 300.0;

  Instant step(std::int64_t k) const { return Instant{phase} + period * k; }
  Joules at(Instant t) const {
    const auto steps = (t.since_boot - phase) / period;
    return Watts(power) * (period * steps);
  }
};

struct Polled {
  std::vector<EnergyPoint> points;  ///< less those that were withdrawn
  int queries = 0;
};

/// Polls as an observer would: sleep until due (plus `jitter`), query for `cost`, feed the answer.
Polled poll_for(TickTracker& tracker, const SteppingCounter& counter, Nanoseconds cost,
                Instant start, Nanoseconds length, Nanoseconds jitter = 0ns) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> late(0, jitter.count());
  ManualClock clock(start);
  Polled result;
  while (clock.now() < start + length) {
    clock.sleep_until(tracker.next_query() + Nanoseconds(late(random)));
    const Instant asked = clock.now();
    clock.advance(cost / 2);
    const Joules value = counter.at(clock.now());
    clock.advance(cost - cost / 2);
    const auto seen = tracker.observe(asked, clock.now(), value);
    result.points.resize(result.points.size() - std::min(result.points.size(), seen.retracted));
    if (seen.point) result.points.push_back(*seen.point);
    ++result.queries;
  }
  return result;
}

class TickTrackerPeriods : public testing::TestWithParam<double> {};

TEST_P(TickTrackerPeriods, PointsLieOnStepsAlsoWhenThePeriodIsNotNominal) {
  const SteppingCounter counter{from_seconds(0.1 * (1.0 + GetParam())), 37ms};
  TickTracker tracker(100ms, 4ms);
  tracker.set_stride(5);
  const auto polled = poll_for(tracker, counter, 4ms, Instant{10s}, 20s, 200us);
  ASSERT_GT(polled.points.size(), 30u);
  for (const EnergyPoint& p : polled.points) {
    const double steps = seconds(p.at.since_boot - counter.phase) / seconds(counter.period);
    const double off = std::abs(steps - std::round(steps)) * seconds(counter.period);
    EXPECT_LT(off, 4e-3) << "point at " << seconds(p.at.since_boot);
    const Joules truth = counter.at(counter.step(std::llround(steps)) + 1us);
    EXPECT_NEAR(p.energy.value, truth.value, 1e-6);
  }
  EXPECT_NEAR(seconds(tracker.period()), seconds(counter.period), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Offsets, TickTrackerPeriods,
                         testing::Values(0.0, 1e-5, -1e-4, 5e-4, -1e-3, 0.0015));

TEST(TickTracker, ACounterThatCostsNothingToReadIsLockedByAProcessThatWakesLate) {
  const SteppingCounter counter{100ms, 12ms};
  for (const Nanoseconds cost : {Nanoseconds(0), Nanoseconds(1us)}) {
    TickTracker tracker(100ms, cost);
    const auto polled = poll_for(tracker, counter, cost, Instant{3s}, 10s, 400us);
    EXPECT_GT(polled.points.size(), 60u);
  }
}

TEST(TickTracker, FewQueriesOnceLocked) {
  const SteppingCounter counter{100ms, 12ms};
  TickTracker tracker(100ms, 4ms);
  tracker.set_stride(5);
  poll_for(tracker, counter, 4ms, Instant{0s}, 10s);
  ASSERT_TRUE(tracker.locked());
  const auto polled = poll_for(tracker, counter, 4ms, Instant{10s}, 30s);
  // One query an edge every 0.5 s, two for every tenth, and now and then a bisection.
  EXPECT_LT(polled.queries, 30 * 2 * 1.1 + 20);
}

/// A driver that takes its time: most queries take 3 ms, some 7, a few 17, and where in a query it
/// looks at its counter is anyone's guess.
TEST(TickTracker, QueriesOfUnevenLengthCostNeitherPointsNorTruth) {
  const SteppingCounter counter{100ms, 44ms};
  TickTracker tracker(100ms, 4ms);
  tracker.set_stride(5);
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> part(0.0, 1.0);
  ManualClock clock(Instant{2s});
  std::vector<EnergyPoint> points;
  int queries = 0;
  while (clock.now() < Instant{62s}) {
    clock.sleep_until(tracker.next_query() + from_seconds(2e-4 * part(random)));
    const double kind = part(random);
    const Nanoseconds took = kind < 0.01 ? 17ms : kind < 0.1 ? 7ms : 3ms;
    const Instant asked = clock.now();
    const Joules value = counter.at(asked + from_seconds(part(random) * seconds(took)));
    clock.advance(took);
    const auto seen = tracker.observe(asked, clock.now(), value);
    EXPECT_EQ(seen.retracted, 0u);
    if (seen.point) points.push_back(*seen.point);
    ++queries;
  }
  EXPECT_GT(points.size(), 100u);
  EXPECT_LT(queries, 200);
  for (const EnergyPoint& p : points) {
    const double steps = seconds(p.at.since_boot - counter.phase) / 0.1;
    EXPECT_LT(std::abs(steps - std::round(steps)) * 0.1, 8e-3);
    EXPECT_NEAR(p.energy.value, 30.0 * std::round(steps), 1e-6);
  }
}

TEST(TickTracker, ConfirmsAtOneOfTheNextTwoStepsWhenAsked) {
  const SteppingCounter counter{100ms, 12ms};
  TickTracker tracker(100ms, 4ms);
  tracker.set_stride(5);
  poll_for(tracker, counter, 4ms, Instant{0s}, 10s);
  const auto poll_once = [&](ManualClock& clock) {
    clock.sleep_until(tracker.next_query());
    const Instant asked = clock.now();
    clock.advance(4ms);
    tracker.observe(asked, clock.now(), counter.at(asked + 2ms));
  };
  ManualClock clock(tracker.next_query());
  while (tracker.confirmed()) poll_once(clock);
  const Instant asked = clock.now();
  tracker.confirm(asked);
  while (!tracker.confirmed()) poll_once(clock);
  EXPECT_LT(clock.now() - asked, 250ms);
}

TEST(TickTracker, WithdrawsWhatItReadAfterTheStepsHadMoved) {
  const SteppingCounter before{100ms, 10ms};
  TickTracker tracker(100ms, 4ms);
  poll_for(tracker, before, 4ms, Instant{0s}, 5s);
  tracker.confirm(Instant{5s});
  poll_for(tracker, before, 4ms, Instant{5s}, 300ms);
  SteppingCounter after = before;
  after.phase = 63ms;
  // Readings behind the old steps look sound until the next pair of them contradicts the lock.
  const auto misled = poll_for(tracker, after, 4ms, Instant{5300ms}, 300ms);
  EXPECT_FALSE(misled.points.empty());
  EXPECT_FALSE(tracker.confirmed());
  std::size_t retracted = 0;
  ManualClock clock(Instant{5600ms});
  while (tracker.locked()) {
    clock.sleep_until(tracker.next_query());
    const Instant asked = clock.now();
    clock.advance(4ms);
    retracted += tracker.observe(asked, clock.now(), after.at(asked + 2ms)).retracted;
  }
  EXPECT_GE(retracted, misled.points.size());
  EXPECT_TRUE(tracker.confirmed());
}

TEST(TickTracker, GivesUpWhatNothingConfirmed) {
  const SteppingCounter counter{100ms, 12ms};
  TickTracker tracker(100ms, 4ms);
  poll_for(tracker, counter, 4ms, Instant{0s}, 2350ms);
  while (tracker.confirmed()) poll_for(tracker, counter, 4ms, tracker.next_query(), 1ms);
  EXPECT_GE(tracker.drop_unconfirmed(), 1u);
  EXPECT_TRUE(tracker.confirmed());
}

TEST(TickTracker, EnergyBetweenPointsIsThePowerTimesTheirDistance) {
  const SteppingCounter counter{from_seconds(0.10007), 55ms, 412.5};
  TickTracker tracker(100ms, 4ms);
  tracker.set_stride(5);
  const auto points = poll_for(tracker, counter, 4ms, Instant{3s}, 12s, 500us).points;
  ASSERT_GT(points.size(), 12u);
  const auto& a = points[2];
  const auto& b = points.back();
  EXPECT_NEAR(((b.energy - a.energy) / (b.at - a.at)).value, 412.5, 412.5 * 0.001);
}

TEST(TickTracker, FindsTheStepsAgainAfterTheyMove) {
  const SteppingCounter before{100ms, 10ms};
  TickTracker tracker(100ms, 4ms);
  poll_for(tracker, before, 4ms, Instant{0s}, 5s);
  SteppingCounter after = before;
  after.phase = 63ms;
  const auto polled = poll_for(tracker, after, 4ms, Instant{5s}, 5s);
  ASSERT_GT(polled.points.size(), 10u);
  const double steps =
      seconds(polled.points.back().at.since_boot - after.phase) / seconds(after.period);
  EXPECT_LT(std::abs(steps - std::round(steps)) * 0.1, 4e-3);
}

class TickTrackerBreaks : public testing::TestWithParam<Nanoseconds> {};

/// Between two lots of a campaign nobody asks for minutes, and after a few seconds of watching the
/// period is not known well enough to tell then which step is which.
TEST_P(TickTrackerBreaks, ALockThatAgedTooMuchIsFoundAnew) {
  const SteppingCounter counter{from_seconds(0.10003), 37ms};
  TickTracker tracker(100ms, 4ms);
  poll_for(tracker, counter, 4ms, Instant{10s}, 3s);
  ASSERT_TRUE(tracker.locked());
  const Instant back = Instant{13s} + GetParam();
  const auto polled = poll_for(tracker, counter, 4ms, back, 5s);
  EXPECT_GT(polled.points.size(), 10u);
  for (const EnergyPoint& p : polled.points) {
    EXPECT_GT(p.at, back - 200ms);
    const double steps = seconds(p.at.since_boot - counter.phase) / seconds(counter.period);
    EXPECT_LT(std::abs(steps - std::round(steps)) * 0.1, 6e-3);
    EXPECT_NEAR(p.energy.value, 300.0 * 0.10003 * std::round(steps), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, TickTrackerBreaks,
                         testing::Values(1s, 10s, 40s, 60s, 100s, 200s, 1000s));

TEST(TickTracker, SlowQueriesKeepTheirLock) {
  const SteppingCounter counter{100ms, 37ms};
  for (const Nanoseconds cost : {10ms, 15ms, 20ms}) {
    TickTracker tracker(100ms, cost);
    const auto polled = poll_for(tracker, counter, cost, Instant{10s}, 20s);
    EXPECT_GT(polled.points.size(), 100u) << seconds(cost);
  }
}

TEST(TickTracker, AStarvedPollerLosesPointsNotTruth) {
  const SteppingCounter counter{100ms, 20ms};
  TickTracker tracker(100ms, 4ms);
  const auto polled = poll_for(tracker, counter, 4ms, Instant{0s}, 60s, 500ms);
  for (const EnergyPoint& p : polled.points) {
    const double steps = seconds(p.at.since_boot - counter.phase) / 0.1;
    EXPECT_LT(std::abs(steps - std::round(steps)) * 0.1, 10e-3);
    EXPECT_NEAR(p.energy.value, 30.0 * std::round(steps), 1e-6);
  }
}

TEST(TickTracker, StandstillIsTimed) {
  TickTracker tracker(100ms, 4ms);
  SteppingCounter dead{100ms, 0ms, 0.0};
  const auto polled = poll_for(tracker, dead, 4ms, Instant{0s}, 3s);
  EXPECT_TRUE(polled.points.empty());
  EXPECT_GT(tracker.standstill(), 2900ms);
}

}  // namespace
}  // namespace joulemark::measure

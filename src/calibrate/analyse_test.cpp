#include "calibrate/analyse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

/// What the analysis makes of too little, too much and nothing; the right answers on whole
/// observations are in observe_test.cpp.
namespace joulemark::calibrate {
namespace {

using namespace std::chrono_literals;

std::vector<Reading> readings(std::initializer_list<std::pair<int, double>> at_ms) {
  std::vector<Reading> all;
  for (const auto& [ms, joules] : at_ms) {
    const Instant t{std::chrono::milliseconds(ms)};
    all.push_back({t, t, Joules(joules)});
  }
  return all;
}

TEST(Updates, NeedEnoughChanges) {
  EXPECT_EQ(updates({}).period_s, std::nullopt);
  EXPECT_EQ(updates(readings({{0, 1.0}})).seen, 0u);
  const auto few = updates(readings({{0, 1.0}, {5, 1.0}, {10, 2.0}, {15, 2.0}, {20, 3.0}}));
  EXPECT_EQ(few.seen, 2u);
  EXPECT_EQ(few.period_s, std::nullopt);
}

TEST(Updates, ResolutionShowsOnlyInChangesOfManySizes) {
  // Every change is 20 J: a count of 20 J, or a load of 200 W?
  EXPECT_EQ(updates(readings({{0, 0.0}, {100, 20.0}, {200, 40.0}})).resolution_j, std::nullopt);
  EXPECT_NEAR(*updates(readings({{0, 0.0}, {100, 20.001}, {200, 40.0}})).resolution_j, 1e-3, 1e-12);
}

TEST(Updates, OneThatWasMissedIsTwoPeriods) {
  std::vector<Reading> polled;
  for (int ms = 0; ms < 2000; ms += 5) {
    // From 500 to 700 ms nobody looked.
    if (ms > 500 && ms < 700) continue;
    const Instant t{std::chrono::milliseconds(ms)};
    const int updates_so_far = ms / 100;
    polled.push_back({t, t, Joules(static_cast<double>(updates_so_far))});
  }
  const auto u = updates(polled);
  EXPECT_NEAR(*u.period_s, 0.1, 0.002);
}

TEST(Updates, FreshReadingsHaveNoPeriodAndNoResolution) {
  std::vector<Reading> polled;
  for (int ms = 0; ms < 1000; ms += 5) {
    const Instant t{std::chrono::milliseconds(ms)};
    polled.push_back({t, t, Joules(0.123456789 * ms + 0.01 * std::sin(ms))});
  }
  const auto u = updates(polled);
  EXPECT_EQ(u.period_s, std::nullopt);
  EXPECT_EQ(u.resolution_j, std::nullopt);
  EXPECT_EQ(u.seen, 199u);
}

TEST(Response, IsAbsentWhereTheLoadDoesNotShow) {
  std::vector<meter::PowerSample> flat;
  for (int i = 0; i < 200; ++i) flat.push_back({Instant{20ms * i}, Watts(100.0)});
  const load::Square square{2s, 1s};
  EXPECT_EQ(sample_response("ring", flat, square, {}), std::nullopt);
  EXPECT_EQ(sample_response("ring", {}, square, {}), std::nullopt);
  Watch w;
  w.square = square;
  for (int i = 0; i < 40; ++i) w.points.push_back({Instant{100ms * i}, Joules(10.0 * i)});
  EXPECT_EQ(counter_response(w), std::nullopt);
  w.points.clear();
  EXPECT_EQ(counter_response(w), std::nullopt);
}

TEST(State, WithoutACounterIsThatOfTheSamples) {
  Watch w;
  w.name = "idle";
  for (int i = 0; i < 100; ++i)
    w.samples.push_back({Instant{20ms * i}, Watts(i % 2 == 0 ? 90.0 : 110.0)});
  const auto s = state(w, 100ms);
  EXPECT_DOUBLE_EQ(s.watts, 100.0);
  EXPECT_NEAR(*s.sample_noise_rel, 0.1, 0.001);
  EXPECT_EQ(s.counter_noise_rel, std::nullopt);
  EXPECT_EQ(s.gap_rel, std::nullopt);
}

TEST(Host, VariesAsTheTimeOfItsLaunches) {
  const auto found = host({1e5, 2e5, 1e5, 2e5, 1e5, 2e5});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->probes, 6u);
  EXPECT_DOUBLE_EQ(found->launches_per_s, 1.5e5);
  // 10 and 5 us: 7.5 +- 2.5 us, of six.
  EXPECT_NEAR(found->spread_rel, 2.5 / 7.5 * std::sqrt(6.0 / 5.0), 1e-9);
  EXPECT_EQ(host({1e5, 1e5, 1e5, 1e5}), std::nullopt);
}

TEST(Aliasing, NeedsAReferenceOfThePeriodAndTheDuty) {
  const auto watch = [](Nanoseconds period, Nanoseconds high, double watts) {
    Watch w;
    w.square = load::Square{period, high};
    w.points = {{Instant{0s}, Joules(0.0)}, {Instant{2s}, Joules(2.0 * watts)}};
    return w;
  };
  const std::vector<Watch> locked = {watch(20ms, 10ms, 330.0), watch(20ms, 10ms, 291.0),
                                     watch(20ms, 5ms, 250.0)};
  const auto all = aliasing(locked, {watch(17ms, 8500us, 299.0), watch(24ms, 12ms, 301.0)});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_DOUBLE_EQ(all[0].reference_w, 300.0);
  EXPECT_NEAR(all[0].worst_rel, 0.1, 1e-12);
  EXPECT_TRUE(aliasing(locked, {}).empty());
}

}  // namespace
}  // namespace joulemark::calibrate

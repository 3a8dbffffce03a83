#include "measure/timeline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

CompletionTimeline steps_of(std::int64_t batch, Nanoseconds step, int count) {
  CompletionTimeline timeline(batch);
  for (int i = 0; i < count; ++i) timeline.add(Instant{step * i});
  return timeline;
}

TEST(CompletionTimeline, InterpolatesTheStepInProgress) {
  const auto timeline = steps_of(32, 10ms, 11);
  EXPECT_DOUBLE_EQ(timeline.images_at(Instant{0ms})->value, 32.0);
  EXPECT_DOUBLE_EQ(timeline.images_at(Instant{25ms})->value, 32.0 * 3.5);
  EXPECT_DOUBLE_EQ(timeline.images_at(Instant{100ms})->value, 32.0 * 11);
  EXPECT_FALSE(timeline.images_at(Instant{101ms}));
  EXPECT_FALSE(CompletionTimeline(1).images_at(Instant{0ms}));
}

TEST(CompletionTimeline, StepsWithinAnInterval) {
  const auto timeline = steps_of(1, 10ms, 11);
  const auto steps = timeline.step_seconds(Instant{20ms}, Instant{50ms});
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_DOUBLE_EQ(steps[0], 0.01);
}

TEST(Integrate, AFlatTraceOfEqualSamplesIsPowerTimesTime) {
  std::vector<meter::PowerSample> flat;
  for (int i = 0; i <= 50; ++i) flat.push_back({Instant{20ms * i}, Watts(60.0)});
  EXPECT_NEAR(integrate(flat, Instant{0ms}, Instant{1s}, 100ms)->value, 60.0, 1e-9);
}

TEST(Integrate, AStepKeepsItsShape) {
  // 100 W for half a second, then 500 W: dropping equal neighbours would make a ramp of it.
  std::vector<meter::PowerSample> step;
  for (int i = 0; i <= 100; ++i) {
    step.push_back({Instant{10ms * i}, i <= 50 ? Watts(100.0) : Watts(500.0)});
  }
  EXPECT_NEAR(integrate(step, Instant{0ms}, Instant{1s}, 100ms)->value, 300.0, 3.0);
}

TEST(Integrate, SaysNothingWithoutCoverage) {
  const std::vector<meter::PowerSample> gap = {
      {Instant{0ms}, Watts(1)}, {Instant{20ms}, Watts(1)}, {Instant{500ms}, Watts(1)}};
  EXPECT_FALSE(integrate(gap, Instant{0ms}, Instant{500ms}, 100ms));
  EXPECT_FALSE(integrate(gap, Instant{0ms}, Instant{600ms}, 1s));
  EXPECT_FALSE(integrate({}, Instant{0ms}, Instant{1ms}, 1s));
}

TEST(CutWindows, EdgesOnEnergyPointsGiveTheExactRatio) {
  const auto timeline = steps_of(8, 7ms, 400);  // 8 / 0.007 images per second
  std::vector<EnergyPoint> points;
  for (int i = 1; i <= 20; ++i) points.push_back({Instant{100ms * i}, Watts(300.0) * (100ms * i)});
  const auto windows =
      cut_windows(points, timeline, Instant{300ms}, 500ms, EdgeRule::energy_points);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows.front().from, Instant{300ms});
  EXPECT_EQ(windows.front().to, Instant{800ms});
  for (const auto& w : windows) {
    EXPECT_NEAR(w.per_image().value, 300.0 * 0.007 / 8, 1e-12);
  }
}

TEST(CutWindows, LongStepsAreNotSplitWhenEdgesAreCompletions) {
  const auto timeline = steps_of(64, 800ms, 8);
  std::vector<EnergyPoint> points;
  for (int i = 0; i <= 130; ++i) points.push_back({Instant{50ms * i}, Watts(20.0) * (50ms * i)});
  const auto windows = cut_windows(points, timeline, Instant{100ms}, 500ms, EdgeRule::completions);
  ASSERT_EQ(windows.size(), 6u);
  for (const auto& w : windows) EXPECT_DOUBLE_EQ(w.images.value, 64.0);
}

TEST(EnergyAt, IsLinearBetweenPointsAndAbsentOutside) {
  const std::vector<EnergyPoint> points = {{Instant{0s}, Joules(0)}, {Instant{2s}, Joules(10)}};
  EXPECT_DOUBLE_EQ(energy_at(points, Instant{500ms})->value, 2.5);
  EXPECT_FALSE(energy_at(points, Instant{3s}));
}

}  // namespace
}  // namespace joulemark::measure

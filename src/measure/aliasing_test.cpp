// What a sensor that samples may have made of a load: pure functions, and beside them such a
// sensor.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

std::vector<double> steps_of(double period, double jitter = 0.0) {
  std::vector<double> steps;
  for (int i = 0; i < 1000; ++i) steps.push_back(period + jitter * std::sin(1.0 + 12.9898 * i));
  return steps;
}

TEST(AliasingTerm, IsWholeForStepsThatKeepStepWithTheSensor) {
  for (const double period : {0.02, 0.01, 0.004}) {
    EXPECT_NEAR(aliasing_term({0.02, 0.04}, steps_of(period), 5.0), 0.04, 1e-6) << period;
  }
  // Every second sample sees the same: only the second harmonic, of half the size, does. In 5 s two
  // samples of 250 are the ends.
  EXPECT_NEAR(aliasing_term({0.02, 0.04}, steps_of(0.04), 5.0), 0.02 + 0.04 * 2 / 250, 1e-6);
}

TEST(AliasingTerm, FallsTheMoreOftenTheStepsBeatAgainstTheSensor) {
  const double once = aliasing_term({0.02, 0.04}, steps_of(0.0201), 5.0);
  const double longer = aliasing_term({0.02, 0.04}, steps_of(0.0201), 50.0);
  EXPECT_LT(once, 0.04);
  EXPECT_LT(longer, 0.2 * once);
  EXPECT_LT(aliasing_term({0.02, 0.04}, steps_of(0.0173), 5.0), 0.004);
}

TEST(AliasingTerm, FallsWhenStepsVary) {
  const double strict = aliasing_term({0.02, 0.04}, steps_of(0.02), 10.0);
  const double loose = aliasing_term({0.02, 0.04}, steps_of(0.02, 0.003), 10.0);
  EXPECT_LT(loose, 0.5 * strict);
  EXPECT_GT(loose, 0.0);
}

TEST(AliasingTerm, OfStepsThatKeepStepWithTheUpdatesIsWhatASquareOfThemShowed) {
  const SampledSensor smooths{0.02, 0.09, 5.0, 0.036};
  EXPECT_DOUBLE_EQ(smooths.misread(1.0), 0.09);
  EXPECT_DOUBLE_EQ(smooths.misread(5.0), 0.036);
  EXPECT_DOUBLE_EQ(smooths.misread(10.0), 0.018);
  EXPECT_NEAR(smooths.misread(2.0), 0.0606, 1e-4);
  EXPECT_NEAR(aliasing_term(smooths, steps_of(0.1), 5.0), 0.036 + 0.09 * 2 / 250, 1e-6);
  EXPECT_NEAR(aliasing_term(smooths, steps_of(0.02), 5.0), 0.09, 1e-6);
  EXPECT_DOUBLE_EQ((SampledSensor{0.02, 0.0, 5.0, 0.01}.misread(2.0)), 0.01);
}

TEST(AliasingTerm, CountsHarmonicsAsFarAsASharpSensorSeesThem) {
  // Of a second, 50 samples, the 50th: of a square that such a sensor takes for its height or its
  // depth, a fiftieth.
  const SampledSensor sharp{0.02, 0.7, 5.0, 0.14};
  const double ends = 0.7 * 2 / 300;
  EXPECT_NEAR(aliasing_term(sharp, steps_of(1.0), 6.0), 0.014 + ends, 1e-4);
  // 18.5 samples: every second step is met alike, and the 37th harmonic with it.
  EXPECT_NEAR(aliasing_term(sharp, steps_of(0.37), 6.0), 0.14 * 5.0 / 37.0 + ends, 1e-4);
}

/// Misled by up to 290 W: a square between 120 and 700 W whose samples all meet the same phase.
meter::MeterInfo calibrated_board() {
  meter::MeterInfo info;
  info.has_ring = true;
  info.ring_period = 20ms;
  info.update_period = 100ms;
  info.aliasing_power = Watts(290.0);
  info.aliasing_updates_power = Watts(58.0);
  return info;
}

TEST(SampledSensor, IsMisledByWattsWhateverItGives) {
  // A square of 20 ms between 120 and 640 W uses 380 W. A sensor that meets its height alone gives
  // 640, one that meets its depth alone 120: both must state enough.
  for (const double given : {640.0, 120.0}) {
    const auto sensor = sampled_sensor(calibrated_board(), Watts(given));
    ASSERT_TRUE(sensor);
    const double stated = aliasing_term(*sensor, steps_of(0.02), 6.0);
    EXPECT_NEAR(stated * given, 290.0, 1e-6);
    EXPECT_GE(stated * given, std::abs(given - 380.0));
  }
  EXPECT_DOUBLE_EQ(*sampled_sensor(calibrated_board(), Watts(200.0))->at_long, 0.29);
  EXPECT_DOUBLE_EQ(sampled_sensor(calibrated_board(), Watts(200.0))->long_samples, 5.0);
}

TEST(SampledSensor, OfAnotherDeviceIsAShareOfWhatItGives) {
  meter::MeterInfo info = calibrated_board();
  info.aliasing_power.reset();
  info.aliasing_updates_power.reset();
  EXPECT_FALSE(sampled_sensor(info, Watts(300.0)));
  info.aliasing_rel = 0.09;
  for (const double given : {80.0, 600.0}) {
    EXPECT_DOUBLE_EQ(sampled_sensor(info, Watts(given))->at_sampling, 0.09);
    EXPECT_FALSE(sampled_sensor(info, Watts(given))->at_long);
  }
}

TEST(SampledSensor, IsNoneWhereNothingIsSampledOrUsed) {
  meter::MeterInfo info = calibrated_board();
  EXPECT_FALSE(sampled_sensor(info, Watts(0.0)));
  info.has_ring = false;
  EXPECT_FALSE(sampled_sensor(info, Watts(300.0)));
}

TEST(AliasingTerm, IsWholeWhereStepsAreNotKnown) {
  EXPECT_DOUBLE_EQ(aliasing_term({0.02, 0.04}, {}, 5.0), 0.04);
  EXPECT_DOUBLE_EQ(aliasing_term({0.0, 0.04}, steps_of(0.02), 5.0), 0.04);
}

/// Of a square between 0 and 2 W, duty 0.5, what one that takes samples 20 ms apart for the time up
/// to the next has counted more than was used, J.
struct Square {
  double period, phase;

  double used_until(double t) const {
    const double at = t / period + phase;
    return period * (std::floor(at) + std::min(1.0, 2.0 * (at - std::floor(at))));
  }
  double misread(int first, int samples) const {
    double counted = 0.0;
    for (int i = first; i < first + samples; ++i) {
      const double at = 0.02 * i / period + phase;
      counted += at - std::floor(at) < 0.5 ? 2.0 * 0.02 : 0.0;
    }
    return counted - (used_until(0.02 * (first + samples)) - used_until(0.02 * first));
  }
};

/// The most at any phase, as a share of the 1 W that is used.
double worst_of(double period, int samples) {
  double worst = 0.0;
  for (int i = 0; i < 41; ++i) {
    const Square square{period, 0.0123 + i / 41.0};
    for (int first = 0; first < 50; ++first) {
      worst = std::max(worst, std::abs(square.misread(first, samples)) / (0.02 * samples));
    }
  }
  return worst;
}

TEST(AliasingTerm, CoversWhatASamplerMakesOfSquaresAtEveryPhase) {
  // As it would be calibrated: squares of one sample are taken for 0 or 2 W instead of 1, those of
  // five for 4/5 or 6/5.
  const SampledSensor sampler{0.02, 1.0, 5.0, 0.2};
  const auto stated = [&](double period) { return aliasing_term(sampler, steps_of(period), 6.0); };
  for (const double period : {2.0, 0.5, 0.37, 0.1301, 0.1, 0.061, 0.0231, 0.02, 0.0133, 0.0073}) {
    EXPECT_LE(worst_of(period, 300), stated(period) + 1e-9) << period;
  }
  // And it is no wider than it must be.
  for (const double period : {0.5, 0.1301, 0.1, 0.02}) {
    EXPECT_GE(worst_of(period, 300), 0.8 * stated(period)) << period;
  }
}

}  // namespace
}  // namespace joulemark::measure

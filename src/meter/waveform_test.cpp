#include "meter/waveform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace joulemark::meter {
namespace {

using testing::HasSubstr;

std::unique_ptr<Waveform> waveform(std::string_view description) {
  auto made = parse_waveform(description);
  EXPECT_TRUE(made) << description;
  return made ? std::move(*made) : nullptr;
}

/// The integral of the power up to `t` by the midpoint rule. The steps do not fit the edges of the
/// waveforms below; each edge costs at most one step of the difference in power.
double numeric_joules(const Waveform& w, double t) {
  constexpr int kSteps = 200'000;
  const double step = t / kSteps;
  double sum = 0.0;
  for (int i = 0; i < kSteps; ++i) sum += w.watts((i + 0.5) * step) * step;
  return sum;
}

class EveryForm : public testing::TestWithParam<std::string> {};

TEST_P(EveryForm, HasTheIntegralOfItsPower) {
  const auto w = waveform(GetParam());
  ASSERT_TRUE(w);
  EXPECT_DOUBLE_EQ(w->joules(0.0), 0.0);
  for (const double t : {0.013, 0.1, 0.25, 0.9, 1.0, 1.7, 3.3, 10.0, 42.42}) {
    const double numeric = numeric_joules(*w, t);
    EXPECT_NEAR(w->joules(t), numeric, 2e-4 * numeric + 1e-9) << "at " << t << " s";
  }
}

TEST_P(EveryForm, NeverDrawsLessThanNothingNorGivesEnergyBack) {
  const auto w = waveform(GetParam());
  ASSERT_TRUE(w);
  double before = 0.0;
  for (int i = 0; i <= 5000; ++i) {
    const double t = i * 0.00173;
    EXPECT_GE(w->watts(t), 0.0);
    EXPECT_GE(w->joules(t), before);
    before = w->joules(t);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, EveryForm,
                         testing::Values("flat:200", "square:60,640,0.37,0.3", "sine:300,250,0.21",
                                         "ramp:100,500,2.3", "step:80,420,0.77",
                                         "spike:90,900,0.51,0.02", "sawtooth:50,350,0.43",
                                         "stairs:400,-35.5,0.31,9", "burst:82,600,0.03,4,0.71",
                                         "throttle:700,450,0.23,5"));

TEST(Waveform, FormsHaveTheShapeTheyAreNamedFor) {
  EXPECT_DOUBLE_EQ(waveform("flat:200")->watts(7.0), 200.0);

  const auto square = waveform("square:100,400,2,0.25");
  EXPECT_DOUBLE_EQ(square->watts(0.49), 400.0);
  EXPECT_DOUBLE_EQ(square->watts(0.51), 100.0);
  EXPECT_DOUBLE_EQ(square->watts(2.1), 400.0);
  EXPECT_DOUBLE_EQ(square->joules(2.0), 0.5 * 400 + 1.5 * 100);

  const auto sine = waveform("sine:300,100,4");
  EXPECT_DOUBLE_EQ(sine->watts(1.0), 400.0);
  EXPECT_DOUBLE_EQ(sine->watts(3.0), 200.0);
  EXPECT_NEAR(sine->joules(4.0), 1200.0, 1e-9);

  const auto ramp = waveform("ramp:100,300,2");
  EXPECT_DOUBLE_EQ(ramp->watts(1.0), 200.0);
  EXPECT_DOUBLE_EQ(ramp->watts(5.0), 300.0);
  EXPECT_DOUBLE_EQ(ramp->joules(3.0), 400.0 + 300.0);

  const auto step = waveform("step:100,500,1");
  EXPECT_DOUBLE_EQ(step->watts(0.99), 100.0);
  EXPECT_DOUBLE_EQ(step->watts(1.0), 500.0);
  EXPECT_DOUBLE_EQ(step->joules(2.0), 600.0);

  const auto spike = waveform("spike:100,1100,1,0.01");
  EXPECT_DOUBLE_EQ(spike->watts(3.005), 1100.0);
  EXPECT_DOUBLE_EQ(spike->watts(3.5), 100.0);
  EXPECT_DOUBLE_EQ(spike->joules(1.0), 110.0);

  const auto sawtooth = waveform("sawtooth:100,300,2");
  EXPECT_DOUBLE_EQ(sawtooth->watts(1.0), 200.0);
  EXPECT_DOUBLE_EQ(sawtooth->watts(2.0), 100.0);
  EXPECT_DOUBLE_EQ(sawtooth->joules(4.0), 800.0);

  const auto stairs = waveform("stairs:100,50,1,2");
  EXPECT_DOUBLE_EQ(stairs->watts(0.5), 100.0);
  EXPECT_DOUBLE_EQ(stairs->watts(1.5), 150.0);
  EXPECT_DOUBLE_EQ(stairs->watts(9.5), 200.0);
  EXPECT_DOUBLE_EQ(stairs->joules(4.0), 100.0 + 150.0 + 400.0);

  const auto burst = waveform("burst:100,500,0.1,2,1");
  EXPECT_DOUBLE_EQ(burst->watts(1.05), 500.0);
  EXPECT_DOUBLE_EQ(burst->watts(1.15), 100.0);
  EXPECT_DOUBLE_EQ(burst->watts(1.25), 500.0);
  EXPECT_DOUBLE_EQ(burst->watts(1.45), 100.0) << "two pulses, not three";
  EXPECT_DOUBLE_EQ(burst->joules(2.0), 2 * (0.2 * 500 + 0.8 * 100));

  const auto throttle = waveform("throttle:600,300,1,3");
  EXPECT_DOUBLE_EQ(throttle->watts(0.5), 600.0);
  EXPECT_DOUBLE_EQ(throttle->watts(1.5), 500.0);
  EXPECT_DOUBLE_EQ(throttle->watts(3.5), 300.0);
  EXPECT_DOUBLE_EQ(throttle->watts(4.5), 600.0) << "cooled down, it begins again";
  EXPECT_DOUBLE_EQ(throttle->joules(4.0), 600.0 + 500.0 + 400.0 + 300.0);
}

TEST(Waveform, ATimeOnTheGridIsTheEdgeThatItMeans) {
  // 0.3 / 0.1 is less than 3, and 0.3 s the beginning of a period all the same.
  for (int i = 0; i < 1000; ++i) {
    const double edge = i / 10.0;
    EXPECT_EQ(waveform("square:100,400,0.1,0.2")->watts(edge), 400.0) << edge;
    EXPECT_EQ(waveform("square:100,400,0.1,0.2")->watts(edge + 0.02), 100.0) << edge;
    EXPECT_NEAR(waveform("sawtooth:100,300,0.1")->watts(edge), 100.0, 1e-6) << edge;
    EXPECT_EQ(waveform("stairs:1,1,0.1,1000")->watts(edge), 1.0 + i) << edge;
  }
}

TEST(Waveform, ABillionStairsAreSummedInClosedForm) {
  EXPECT_DOUBLE_EQ(waveform("stairs:1,1,1e-9,1e9")->joules(1.0),
                   1e-9 * (1e9 + 0.5 * 1e9 * (1e9 - 1)));
}

TEST(Waveform, WhatIsNoWaveformIsAnErrorThatNamesTheForms) {
  for (const char* text :
       {"", ":", "flat", "flat:", "flat:a", "flat:1 ", "flat:+1", "flat:1,2", "flat:1,", "square",
        "square:1,2,3", "Flat:1", "noise:1", "flat:1W", "sine:1,1", "stairs:1,1,1,1,1"}) {
    const auto made = parse_waveform(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().kind, ErrorKind::invalid_input);
    EXPECT_THAT(made.error().what, HasSubstr("'" + std::string(text) + "'"));
    for (const char* form :
         {"flat:WATTS", "square:LOW", "sine:MEAN", "ramp:FROM", "step:BEFORE", "spike:BASE",
          "sawtooth:LOW", "stairs:FIRST", "burst:LOW", "throttle:FIRST"}) {
      EXPECT_THAT(made.error().next, HasSubstr(form)) << text;
    }
  }
}

TEST(Waveform, PowersAreNotNegativeAndTimesPositive) {
  for (const char* text : {"flat:-1",
                           "flat:nan",
                           "flat:inf",
                           "flat:-inf",
                           "flat:1e10",
                           "flat:1e999",
                           "square:-1,2,1,0.5",
                           "square:1,-2,1,0.5",
                           "square:1,2,0,0.5",
                           "square:1,2,-1,0.5",
                           "square:1,2,1,0",
                           "square:1,2,nan,0.5",
                           "square:1,2,1e-300,0.5",
                           "sine:1,-1,1",
                           "sine:1,1,0",
                           "sine:1,1,inf",
                           "ramp:-1,1,1",
                           "ramp:1,-1,1",
                           "ramp:1,1,0",
                           "step:1,1,0",
                           "step:1,1,-1",
                           "spike:1,1,0,1",
                           "spike:1,1,1,0",
                           "spike:1,1,1,-1",
                           "sawtooth:1,1,0",
                           "sawtooth:-1,1,1",
                           "stairs:1,1,0,1",
                           "stairs:1,1,1,0",
                           "stairs:-1,1,1,1"}) {
    EXPECT_FALSE(parse_waveform(text)) << text;
  }
}

TEST(Waveform, ArgumentsThatDoNotFitEachOtherAreRefusedNotClipped) {
  EXPECT_FALSE(parse_waveform("square:1,2,1,1.01"));
  EXPECT_TRUE(parse_waveform("square:1,2,1,1"));
  EXPECT_FALSE(parse_waveform("spike:1,2,1,1.01"));
  EXPECT_TRUE(parse_waveform("spike:1,2,1,1"));
  EXPECT_FALSE(parse_waveform("sine:100,101,1"));
  EXPECT_TRUE(parse_waveform("sine:100,100,1"));
  EXPECT_FALSE(parse_waveform("stairs:100,-51,1,2"));
  EXPECT_TRUE(parse_waveform("stairs:100,-50,1,2"));
  EXPECT_FALSE(parse_waveform("stairs:100,1,1,2.5"));
  EXPECT_FALSE(parse_waveform("burst:1,2,0.2,3,1"));
  EXPECT_TRUE(parse_waveform("burst:1,2,0.25,2,1"));
  EXPECT_FALSE(parse_waveform("burst:1,2,0.1,1.5,1"));
  EXPECT_FALSE(parse_waveform("throttle:1,2,1,1.5"));
}

}  // namespace
}  // namespace joulemark::meter

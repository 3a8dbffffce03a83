// What goes wrong while a batch size runs, and the right answer to each: no wrong joules, and no
// flat line. On a manual clock, with 400 W and steps of 2 ms: 0.8 J/image.

#include "measure/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/statistics.hpp"
#include "measure/testing/fakes.hpp"

namespace joulemark::measure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunTest : public testing::Test {
 protected:
  Result<RunReport> run() {
    // Made here, because an observer takes what a meter says of itself once.
    observer_ = std::make_unique<MeterObserver>(meter_, clock_);
    FakeWorker worker(clock_, behaviour_);
    const Bench bench{clock_, *observer_, interrupted_, {}};
    return measure_batch(worker, 1, bench, settings_);
  }
  static double joules_per_image(const RunReport& report) {
    Joules energy;
    Images images;
    for (const MeasuredWindow& w : report.windows) {
      energy += w.energy;
      images += w.images;
    }
    return (energy / images).value;
  }
  /// Does `event` once, at the first query of the counter after `at`.
  void once(Instant at, const std::function<void()>& event) {
    meter_.on_energy = [this, at, event, done = false]() mutable {
      if (done || clock_.now() < at) return;
      done = true;
      event();
    };
  }

  ManualClock clock_{Instant{100s}};
  FakeMeter meter_{clock_};
  std::unique_ptr<MeterObserver> observer_;
  std::atomic<bool> interrupted_{false};
  Behaviour behaviour_;
  Settings settings_;
};

// --- Conditions -----------------------------------------------------------------------------

TEST_F(RunTest, ConditionsAreAskedForOnceAWindow) {
  meter_.changing = [](Instant now) {
    meter::Conditions c;
    c.temperature_c = seconds(now.since_boot) - 60.0;
    c.power_limit = Watts(now < Instant{104s} || now > Instant{105s} ? 700.0 : 500.0);
    c.throttle_reasons = {now < Instant{104s} ? "sw_power_cap" : "hw_slowdown"};
    return c;
  };
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  const RunConditions& seen = report->conditions;
  EXPECT_GE(report->windows.size(), 10u);
  EXPECT_EQ(seen.meanwhile, report->windows.size());
  EXPECT_EQ(meter_.looks, static_cast<int>(seen.meanwhile));
  EXPECT_EQ(seen.all.size(), seen.meanwhile + 2);
  EXPECT_EQ(seen.asking, 1ms * meter_.looks) << "what they cost is counted";
  ASSERT_TRUE(seen.power_limit()) << "nothing was asked in between";
  EXPECT_EQ(seen.power_limit()->least, 500.0) << "at the ends it was 700 W";
  EXPECT_EQ(seen.power_limit()->greatest, 700.0);
  EXPECT_GT(seen.range(&meter::Conditions::temperature_c)->greatest, 43.0);
  EXPECT_LT(seen.range(&meter::Conditions::temperature_c)->least, 43.0);
  EXPECT_EQ(seen.temperature_c(), std::nullopt) << "it is of start and end, which do not say it";
  EXPECT_FALSE(seen.range(&meter::Conditions::clock_mhz)) << "unknown is absent";
  EXPECT_THAT(seen.throttle_reasons(), ElementsAre("sw_power_cap", "hw_slowdown"));
  EXPECT_NEAR(joules_per_image(*report), 0.8, 0.002);
}

TEST_F(RunTest, ATemperatureIsTheMeanOfStartAndEnd) {
  RunConditions seen;
  EXPECT_EQ(seen.temperature_c(), std::nullopt);
  seen.all.resize(3);
  seen.all[0].temperature_c = 45.0;
  seen.all[1].temperature_c = 60.0;
  EXPECT_EQ(seen.temperature_c(), std::nullopt);
  seen.all[2].temperature_c = 48.0;
  EXPECT_EQ(seen.temperature_c(), 46.5);
}

TEST_F(RunTest, AWindowIsAtLeastAStepLong) {
  behaviour_.fixed = 1200ms;
  settings_.longest_run = 20s;
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_GE(report->windows.size(), 4u);
  for (const MeasuredWindow& w : report->windows) EXPECT_GE(w.to - w.from, 1200ms);
  EXPECT_NEAR(joules_per_image(*report), 400.0 * 1.201, 5.0);
}

/// As when cuDNN chooses for many layers, and a graph is captured.
TEST_F(RunTest, WhatTheRuntimePreparesTakesNothingFromWarmUpAndWindows) {
  const auto usual = run();
  behaviour_.preparing = 7s;
  const auto prepared = run();
  ASSERT_TRUE(usual && prepared);
  EXPECT_TRUE(prepared->steady);
  EXPECT_NEAR(seconds(usual->preparing), 0.0, 0.001);
  EXPECT_NEAR(seconds(prepared->preparing), 7.0, 0.001);
  EXPECT_NEAR(seconds(prepared->warm_up), seconds(usual->warm_up), 0.2);
  EXPECT_GE(prepared->windows.size(), StoppingRule{}.fewest_windows);
  EXPECT_NEAR(seconds(prepared->ran), seconds(usual->ran) + 7.0, 0.6);
}

TEST_F(RunTest, StepsThatAreTooLongForThreeWindowsGiveNoNumber) {
  behaviour_.fixed = 2500ms;
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_TRUE(report->unstable);
  EXPECT_THAT(report->unstable->what, HasSubstr("windows came together in 10 s"));
  EXPECT_THAT(report->unstable->next, HasSubstr("--max-seconds"));
}

// --- Meters that fail -----------------------------------------------------------------------

TEST_F(RunTest, APeriodThatIsAHairLongMakesNoLongerWindows) {
  // Rounded down, half a second would be four such periods, and a window of 0.5 s eight.
  meter_.as().update_period = 100ms + 300ns;
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  std::vector<double> lengths;
  for (const MeasuredWindow& w : report->windows) lengths.push_back(seconds(w.to - w.from));
  // A step that has to be found anew makes a longer one now and then.
  EXPECT_NEAR(*quantile(lengths, 0.5), 0.5, 0.001);
}

TEST_F(RunTest, KnowsWhichOfHostAndDeviceWaitedForTheOther) {
  EXPECT_EQ(run()->waited_share, std::nullopt);
  behaviour_.waited = 60ms;
  EXPECT_NEAR(run()->waited_share.value(), 0.06 / 6.0, 0.005);
  behaviour_.waited = 600ms;
  const double share = run()->waited_share.value();
  behaviour_.preparing = 7s;
  EXPECT_NEAR(run()->waited_share.value(), share, 0.02) << "nothing is waited for meanwhile";
  behaviour_.waited = std::chrono::hours(1);
  EXPECT_EQ(run()->waited_share, 1.0);
}

TEST_F(RunTest, PermissionThatIsTakenBackIsALostMeter) {
  meter_.denied_at = Instant{104s};
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::meter_lost);
  EXPECT_THAT(report.error().message(), HasSubstr("not any more. Ask")) << "and still says why";
}

TEST_F(RunTest, PowerThatIsDeniedBesideACounterIsDoneWithout) {
  meter_.power_denied_at = Instant{104s};
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_NEAR(joules_per_image(*report), 0.8, 0.002);
  EXPECT_TRUE(report->window_integrals.front());
  EXPECT_FALSE(report->window_integrals.back());
}

TEST_F(RunTest, PowerThatIsDeniedWhereThereIsNothingElseIsALostMeter) {
  meter_.as().has_energy = false;
  meter_.power_denied_at = Instant{104s};
  EXPECT_EQ(run().error().kind, ErrorKind::meter_lost);
}

TEST_F(RunTest, ACounterThatStopsWhileItsCallsSucceedIsALostMeter) {
  meter_.still_at = Instant{103s};
  settings_.target_rel = 1e-9;
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::meter_lost);
  EXPECT_THAT(report.error().what, HasSubstr("has not moved"));
}

TEST_F(RunTest, ACounterThatStopsJustBeforeTheEndAddsNoFlatLine) {
  // The standstill is too short to be told from a slow device, so the run ends; but what was read
  // of it is taken back. A long run, in which most readings rest on the lock alone.
  settings_.target_rel = 1e-9;
  settings_.longest_run = 40s;
  for (int ms = 38000; ms < 39900; ms += 150) {
    const Instant began = clock_.now();
    meter_.still_at = began + std::chrono::milliseconds(ms);
    const auto report = run();
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_LE(report->windows.back().to, meter_.still_at + 100ms) << ms;
    for (const MeasuredWindow& w : report->windows) EXPECT_NEAR(w.per_image().value, 0.8, 0.02);
    EXPECT_NEAR(joules_per_image(*report), 0.8, 0.002) << ms;
  }
}

TEST_F(RunTest, PowerThatStopsWhileItsCallsSucceedIsALostMeter) {
  meter_.as().has_energy = false;
  meter_.as().scope = meter::Scope::gpu_board;
  meter_.still_at = Instant{103s};
  settings_.target_rel = 1e-9;
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::meter_lost);
  EXPECT_THAT(report.error().what, HasSubstr("has read exactly 400.00"));
}

TEST_F(RunTest, PowerAloneIsIntegrated) {
  meter_.as().has_energy = false;
  meter_.as().scope = meter::Scope::gpu_board;
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_NEAR(joules_per_image(*report), 0.8, 0.002);
}

TEST_F(RunTest, AGapInPowerWhereThereIsNothingElseIsSaid) {
  meter_.as().has_energy = false;
  for (const bool stalls : {false, true}) {
    meter_.on_power = [this, stalls, done = false]() mutable {
      if (stalls && !done && clock_.now() > Instant{115s}) {
        done = true;
        clock_.advance(2s);
      }
    };
    settings_.target_rel = 1e-9;
    if (stalls) clock_.sleep_until(Instant{111s});
    const auto report = run();
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->samples_missing, stalls);
  }
}

// --- Hosts and clocks -----------------------------------------------------------------------

TEST_F(RunTest, ASamplerThatIsStarvedForHalfASecondLosesNoTruth) {
  once(Instant{103s}, [this] { clock_.advance(500ms); });
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->unstable);
  EXPECT_GE(report->windows.size(), 10u);
  for (const MeasuredWindow& w : report->windows) EXPECT_NEAR(w.per_image().value, 0.8, 0.01);
}

TEST_F(RunTest, AContinuousMeterThatIsStarvedLosesNoTruthEither) {
  meter_.as().update_period.reset();
  once(Instant{103s}, [this] { clock_.advance(500ms); });
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  // This counter does step: 0.1 s of 0.5 s at either edge, so only the whole is exact.
  EXPECT_NEAR(joules_per_image(*report), 0.8, 0.8 * 0.1 / 5.0);
}

TEST_F(RunTest, AMachineThatSleptGivesNoNumberAndKeepsWhatWasSeen) {
  once(Instant{103s}, [this] { clock_.suspend(42s); });
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->clocks.asleep, 42s);
  ASSERT_TRUE(report->unstable);
  EXPECT_EQ(report->unstable->kind, ErrorKind::unstable);
  EXPECT_THAT(report->unstable->what, HasSubstr("slept for 42.0 s while batch 1"));
  EXPECT_THAT(report->unstable->next, HasSubstr("systemd-inhibit"));
  EXPECT_FALSE(report->windows.empty());
}

TEST_F(RunTest, AMachineThatSleptWhileIdlingHasNoIdlePower) {
  observer_ = std::make_unique<MeterObserver>(meter_, clock_);
  const Bench bench{clock_, *observer_, interrupted_, {}};
  once(Instant{101s}, [this] { clock_.suspend(1s); });
  const auto idle = measure_idle(bench, 3s);
  ASSERT_FALSE(idle);
  EXPECT_THAT(idle.error().what, HasSubstr("slept for 1.0 s while idle power"));
}

TEST_F(RunTest, IdlePowerThatNeverStandsStillSaysWhoCameMeanwhile) {
  const Instant began = clock_.now();
  meter_.used = [&, began](Instant t) {
    const double s = std::max(0.0, seconds(t - began));
    if (s > 8.0) meter_.current.other_processes = {4711};
    return Joules(60.0 * s + 0.5 * s * s + 1e6);  // 1 W more in each second
  };
  observer_ = std::make_unique<MeterObserver>(meter_, clock_);
  const Bench bench{clock_, *observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_FALSE(idle->settled);
  EXPECT_EQ(idle->other_processes, 1u);
}

TEST_F(RunTest, IdlePowerIsNotTakenAnewWhereTheTimeForItIsShort) {
  meter_.power_w = 82.0;
  meter_.current.other_processes = {4711};
  observer_ = std::make_unique<MeterObserver>(meter_, clock_);
  const Bench bench{clock_, *observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 20s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_GT(seconds(idle->length), 18.0) << "another beginning would have left 15";
  EXPECT_EQ(idle->other_processes, 1u);
}

TEST_F(RunTest, AWallClockThatIsSetTouchesNoJoule) {
  once(Instant{103s}, [this] { clock_.set_wall_clock(-3600s); });
  const auto report = run();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->unstable);
  EXPECT_EQ(report->clocks.asleep, 0s);
  EXPECT_EQ(report->clocks.wall, -3600s);
  EXPECT_NEAR(joules_per_image(*report), 0.8, 0.002);
}

}  // namespace
}  // namespace joulemark::measure

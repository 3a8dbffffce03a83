#include "measure/decide.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// --- Gate ----------------------------------------------------------------------------------

const std::vector<float> kReference = {1.0f, 2.0f, 3.0f, 4.0f, 3.0f, 1.0f};

TEST(Gate, PassesTheSameOutput) {
  const auto report = check_output(kReference, kReference, 3, 0.005);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->images, 2);
  EXPECT_EQ(report->top1_agree, 2);
  EXPECT_EQ(report->worst_relative_error, 0.0);
}

void expect_wrong(std::vector<float> output, const char* why) {
  const auto report = check_output(output, kReference, 3, 0.005);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::wrong_output);
  EXPECT_THAT(report.error().what, HasSubstr(why));
}

TEST(Gate, RefusesWhatAWrongModelDoes) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_wrong({1, 2, nan, 4, 3, 1}, "not finite");
  expect_wrong({2, 2, 2, 4, 3, 1}, "are equal");
  expect_wrong({1, 2, 3}, "returned 3 logits");
  expect_wrong({1, 2, 3, 1, 3, 4}, "is class 2 here and class 0");
  expect_wrong({1, 2, 3, 1, 2, 3}, "is class 2 here and class 0");
  expect_wrong({1, 2, 3.2f, 4, 3, 1}, "of its size away");
}

TEST(Gate, SameOutputForDifferentImagesIsWrong) {
  const std::vector<float> reference = {1, 2, 3, 1, 2.001f, 3.001f};
  const std::vector<float> output = {1, 2, 3, 1, 2, 3};
  const auto report = check_output(output, reference, 3, 0.005);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("same output"));
}

TEST(Gate, ATieThatRoundingBrokeIsNoReasonToRefuse) {
  const std::vector<float> reference = {1.0f, 3.0f, 3.001f, 4, 3, 1};
  const std::vector<float> output = {1.0f, 3.001f, 3.0f, 4, 3, 1};
  const auto report = check_output(output, reference, 3, 0.005);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->top1_agree, 1);
}

TEST(Gate, ToleranceGrowsWithWhatEagerItselfIsOff) {
  EXPECT_EQ(gate_tolerance("fp16", std::nullopt), 0.03);
  EXPECT_EQ(gate_tolerance("fp16", 0.01), 0.03);
  EXPECT_EQ(gate_tolerance("fp16", 0.05), 0.1);
  EXPECT_EQ(gate_tolerance("fp16", 0.9), 0.4);
  EXPECT_EQ(gate_tolerance("bf16", 0.05), 0.15);
  EXPECT_EQ(gate_tolerance("tf32", 0.0), 0.03);
  EXPECT_EQ(gate_tolerance("fp32", 0.0), 0.005);
}

// --- Batch search --------------------------------------------------------------------------

std::vector<std::int64_t> walk(BatchSearch& search, auto throughput_of,
                               std::int64_t memory_limit = 1 << 20) {
  std::vector<std::int64_t> tried;
  while (const auto batch = search.next()) {
    tried.push_back(*batch);
    if (*batch > memory_limit) {
      search.out_of_memory(*batch);
    } else {
      search.add({*batch, ImagesPerSecond(throughput_of(*batch)), {}, {0ns, 100ms}});
    }
  }
  return tried;
}

TEST(BatchSearch, StopsAfterTwoDoublingsWithoutGainAndTakesTheSmallestNearThePeak) {
  BatchSearch search({1, 1024, 0ns, 0ns});
  const auto tried = walk(search, [](std::int64_t b) {
    return b >= 16 ? 1000.0 + double(b) / 100.0 : 60.0 * double(b);
  });
  // Linear up to 8: jumps to 32; the 16 that was jumped over is as good and smaller.
  EXPECT_THAT(tried, ElementsAre(1, 2, 8, 32, 64, 128, 16));
  EXPECT_EQ(search.throughput_batch(), 16);
}

TEST(BatchSearch, ClimbsOutOfAHole) {
  // A vgg11 in fp16 on an H200, images/s at 1, 2, 4, ...; the last three are assumed.
  const std::map<std::int64_t, double> rates = {{1, 2325},  {2, 4333},  {4, 6948},  {8, 8429},
                                                {16, 3532}, {32, 5480}, {64, 9000}, {128, 9500}};
  BatchSearch search({1, 128, 0ns, 0ns});
  walk(search, [&](std::int64_t batch) { return rates.at(batch); });
  EXPECT_EQ(search.throughput_batch(), 128);
}

TEST(BatchSearch, OutOfMemoryEndsItBelow) {
  BatchSearch search({1, 1024, 0ns, 0ns});
  walk(search, [](std::int64_t b) { return 100.0 * double(b); }, 8);
  EXPECT_EQ(search.throughput_batch(), 8);
  EXPECT_EQ(search.memory_limit(), 16);  // 32 did not fit, then 16
}

TEST(TypicalStep, IsNotMovedByAStampThatIsLate) {
  for (const std::size_t steps : {4, 5, 6, 9, 40}) {
    for (std::size_t late = 0; late < steps; ++late) {
      std::vector<Instant> completions;
      for (std::size_t i = 0; i < steps; ++i)
        completions.push_back(Instant{1s + i * 10ms + (i == late ? 9ms : 0ms)});
      EXPECT_NEAR(seconds(typical_step(completions)), 0.010, 1e-8) << late << " of " << steps;
    }
  }
  // Of three, a late one in the middle is in both pairs.
  EXPECT_NEAR(seconds(typical_step(std::vector{Instant{0s}, Instant{19ms}, Instant{20ms}})), 0.010,
              1e-8);
  EXPECT_NEAR(seconds(typical_step(std::vector{Instant{0s}, Instant{7ms}})), 0.007, 1e-8);
}

TEST(TypicalStep, IsThatOfAQueueWhoseStampsComeInPairs) {
  std::vector<Instant> completions;
  for (int i = 0; i < 40; ++i) completions.push_back(Instant{(i / 2) * 20ms});
  EXPECT_NEAR(seconds(typical_step(completions)), 0.010, 0.001);
}

/// Throughput, by batch: at 8 the device has some work left, at 32 it is full.
double of_a_gpu(std::int64_t b) { return b >= 32 ? 1000.0 + double(b) / 100.0 : 30.0 * double(b); }

TEST(BatchSearch, BeginsWhereItIsTold) {
  BatchSearch search({8, 1024, 0ns, 0ns});
  EXPECT_THAT(walk(search, of_a_gpu), ElementsAre(8, 16, 64, 128, 256, 32));
  EXPECT_EQ(search.throughput_batch(), 32);
  BatchSearch capped({8, 4, 0ns, 0ns});
  EXPECT_THAT(walk(capped, of_a_gpu), ElementsAre(4, 2));
  EXPECT_EQ(capped.throughput_batch(), 4);
}

TEST(BatchSearch, BegunWithWhatAnEarlierOneFoundItIsShortAndFindsTheSame) {
  BatchSearch search({32, 1024, 0ns, 0ns});
  EXPECT_THAT(walk(search, of_a_gpu), ElementsAre(32, 64, 128, 16));
  EXPECT_EQ(search.throughput_batch(), 32);
  for (const std::int64_t wrong : {1, 4, 16, 64, 256, 1024}) {
    BatchSearch from_there({wrong, 1024, 0ns, 0ns});
    walk(from_there, of_a_gpu);
    EXPECT_EQ(from_there.throughput_batch(), 32) << "begun with " << wrong;
  }
}

TEST(BatchSearch, WalksDownWhereTheFirstIsTheBest) {
  BatchSearch search({8, 1024, 0ns, 0ns});
  // Grows up to 2, where it stays, and falls from 8 on.
  const auto rate = [](std::int64_t b) { return b > 8 ? 50.0 : b > 1 ? 100.0 : 60.0; };
  EXPECT_THAT(walk(search, rate), ElementsAre(8, 16, 32, 4, 2, 1));
  EXPECT_EQ(search.throughput_batch(), 2);
}

TEST(BatchSearch, WalksDownWhereTheFirstDoesNotFit) {
  BatchSearch search({8, 1024, 0ns, 0ns});
  EXPECT_THAT(
      walk(search, [](std::int64_t b) { return 100.0 * double(b); }, 2), ElementsAre(8, 4, 2, 1));
  EXPECT_EQ(search.throughput_batch(), 2);
  EXPECT_EQ(search.memory_limit(), 4);
  BatchSearch hopeless({8, 1024, 0ns, 0ns});
  walk(hopeless, [](std::int64_t) { return 1.0; }, 0);
  EXPECT_FALSE(hopeless.throughput_batch());
  EXPECT_EQ(hopeless.memory_limit(), 1);
}

TEST(BatchSearch, NotEvenOneFits) {
  BatchSearch search({1, 1024, 0ns, 0ns});
  walk(search, [](std::int64_t) { return 1.0; }, 0);
  EXPECT_FALSE(search.throughput_batch());
  EXPECT_FALSE(search.next());
}

TEST(BatchSearch, KeepsToItsCapAndBudget) {
  BatchSearch capped({1, 4, 0ns, 0ns});
  EXPECT_THAT(walk(capped, [](std::int64_t b) { return 100.0 * double(b); }), ElementsAre(1, 2, 4));
  BatchSearch hurried({1, 1024, 450ms, 0ns});
  // Bursts of 100 ms each, with steps of 1 ms: a fifth would end past 450 ms. Linear: steps of
  // four.
  EXPECT_THAT(walk(hurried, [](std::int64_t b) { return 1000.0 * double(b); }),
              ElementsAre(1, 2, 8, 32, 16));
}

TEST(BatchSearch, SaysWhenTimeRanOutWhileThroughputGrew) {
  BatchSearch hurried({1, 1024, 450ms, 0ns});
  walk(hurried, [](std::int64_t b) { return 1000.0 * double(b); });
  EXPECT_TRUE(hurried.cut_short());
  BatchSearch at_its_peak({1, 1024, 450ms, 0ns});
  walk(at_its_peak, [](std::int64_t) { return 1e5; });
  EXPECT_FALSE(at_its_peak.cut_short());
  BatchSearch capped({1, 4, 10s, 0ns});
  walk(capped, [](std::int64_t b) { return 1000.0 * double(b); });
  EXPECT_FALSE(capped.cut_short());
  BatchSearch full({1, 1024, 450ms, 0ns});
  walk(full, [](std::int64_t b) { return 1000.0 * double(b); }, 2);
  EXPECT_FALSE(full.cut_short());
}

TEST(BatchSearch, StartsNoBurstWhoseStepsAreTooLong) {
  // Steps of 0.5 s at batch 1: seven of batch 2 take 7 s, of which 3.5 s are new.
  BatchSearch search({1, 1024, 5s, 0ns});
  search.add({1, ImagesPerSecond(2.0), {}, {0ns, 2s}});
  EXPECT_EQ(search.next(), std::nullopt);
  BatchSearch patient({1, 1024, 8s, 0ns});
  patient.add({1, ImagesPerSecond(2.0), {}, {0ns, 2s}});
  EXPECT_EQ(patient.next(), 2);
}

TEST(BatchSearch, ARuntimeThatPreparesForLongIsGivenThatTimeUpToALimit) {
  BatchSearch patient({1, 1024, 5s, 60s});
  BatchSearch enough({1, 1024, 5s, 5s});
  for (BatchSearch* search : {&patient, &enough}) {
    search->add({1, ImagesPerSecond(1000), {}, {3s, 300ms}});
  }
  EXPECT_EQ(patient.next(), 2);
  EXPECT_FALSE(patient.cut_short());
  EXPECT_EQ(enough.next(), std::nullopt);
  EXPECT_TRUE(enough.cut_short());
}

TEST(BatchSearch, LeastEnergyNeedNotBeFastest) {
  BatchSearch search({1, 4, 0ns, 0ns});
  search.add({1, ImagesPerSecond(10), JoulesPerImage(3), {0ns, 1ms}});
  search.add({2, ImagesPerSecond(20), JoulesPerImage(1), {0ns, 1ms}});
  search.add({4, ImagesPerSecond(40), JoulesPerImage(2), {0ns, 1ms}});
  EXPECT_EQ(search.min_energy_batch(), 2);
  EXPECT_EQ(search.throughput_batch(), 4);
}

// --- Warm-up -------------------------------------------------------------------------------

CompletionTimeline step_times(const std::vector<double>& ms) {
  CompletionTimeline timeline(1);
  Instant t{};
  for (const double d : ms) {
    t = t + from_seconds(d * 1e-3);
    timeline.add(t);
  }
  return timeline;
}

std::vector<meter::PowerSample> power_of(auto watts_at, double until_s) {
  std::vector<meter::PowerSample> samples;
  const auto last = static_cast<int>(until_s / 0.02);
  for (int i = 0; i <= last; ++i) {
    const double t = 0.02 * i;
    samples.push_back({Instant{from_seconds(t)}, Watts(watts_at(t))});
  }
  return samples;
}

TEST(WarmUp, NeverBeforeItsShortestTime) {
  const auto timeline = step_times(std::vector<double>(90, 10.0));
  const auto flat = power_of([](double) { return 300.0; }, 0.9);
  EXPECT_EQ(warm_up_decision(timeline, flat, Instant{}, Instant{900ms}, {}), WarmUp::keep_going);
}

TEST(WarmUp, SteadyWhenNeitherStepTimeNorPowerMoves) {
  const auto timeline = step_times(std::vector<double>(200, 10.0));
  const auto flat = power_of([](double t) { return 300.0 + std::sin(40.0 * t); }, 2.0);
  EXPECT_EQ(warm_up_decision(timeline, flat, Instant{}, Instant{2s}, {}), WarmUp::steady);
}

TEST(WarmUp, GoesOnWhilePowerStillRises) {
  const auto timeline = step_times(std::vector<double>(200, 10.0));
  const auto rising = power_of([](double t) { return 200.0 + 50.0 * t; }, 2.0);
  EXPECT_EQ(warm_up_decision(timeline, rising, Instant{}, Instant{2s}, {}), WarmUp::keep_going);
}

TEST(WarmUp, GoesOnWhileStepsGetFaster) {
  std::vector<double> ms;
  for (int i = 0; i < 200; ++i) ms.push_back(12.0 - 0.02 * i);
  const auto timeline = step_times(ms);
  EXPECT_EQ(warm_up_decision(timeline, {}, Instant{}, timeline.completions().back(), {}),
            WarmUp::keep_going);
}

TEST(WarmUp, GivesUpAtItsLongest) {
  WarmUpLimits limits;
  limits.longest = 2s;
  const auto timeline = step_times({100.0});
  EXPECT_EQ(warm_up_decision(timeline, {}, Instant{}, Instant{2s}, limits), WarmUp::gave_up);
}

// --- Stopping ------------------------------------------------------------------------------

std::vector<MeasuredWindow> windows_of(const std::vector<double>& joules_per_image) {
  std::vector<MeasuredWindow> windows;
  Instant t{};
  for (const double e : joules_per_image) {
    windows.push_back({t, t + 500ms, Joules(e * 100.0), Images(100.0)});
    t = t + 500ms;
  }
  return windows;
}

TEST(Stopping, NeedsTenWindowsHoweverAlike) {
  EXPECT_FALSE(precise_enough(windows_of(std::vector<double>(9, 1.0)), {}));
  EXPECT_TRUE(precise_enough(windows_of(std::vector<double>(10, 1.0)), {}));
}

TEST(Stopping, GoesOnWhileTheIntervalIsWide) {
  EXPECT_FALSE(precise_enough(windows_of({1, 1.1, 0.9, 1.05, 0.95, 1.02, 0.97, 1.1, 0.92, 1}), {}));
}

// --- Flags ---------------------------------------------------------------------------------

TEST(Flags, NoneOnAQuietRun) {
  const auto windows = windows_of({1, 1.001, 1, 0.999, 1, 1, 0.999, 1, 1.001, 1});
  const meter::MeterInfo info;
  const std::vector<meter::Conditions> conditions(2);
  EXPECT_THAT(flags({&info, conditions, windows, 0.004, true, false}), ElementsAre());
}

TEST(Flags, EachConditionRaisesItsOwn) {
  const auto windows = windows_of({1.0, 1.02, 1.04, 1.06, 1.08, 1.10, 1.12, 1.14, 1.16, 1.18});
  meter::MeterInfo info;
  info.estimated = true;
  std::vector<meter::Conditions> conditions(2);
  conditions[1].throttle_reasons = {"sw_power_cap", "hw_thermal_slowdown"};
  conditions[0].other_processes = {4711};
  EXPECT_THAT(flags({&info, conditions, windows, -0.05, false, true}),
              ElementsAre("throttled", "power_capped", "meters_disagree", "not_steady", "drifted",
                          "estimated", "shared_device", "weights_random"));
  EXPECT_THAT(flags({&info, {}, windows_of({1, 1, 1}), {}, true, false, true}),
              ElementsAre("short_window", "estimated", "search_cut"));
}

TEST(HostSpare, IsWhatWasWaitedOrWhatASmallerBatchShows) {
  EXPECT_EQ(host_spare(0.3, 10ms, std::nullopt, 0.0), 0.3);
  EXPECT_NEAR(host_spare(0.0, 290ms, 29ms, 0.0), 0.9, 1e-12) << "held up in launching";
  EXPECT_NEAR(host_spare(0.0, 290ms, 29ms, std::nullopt), 0.9, 1e-12) << "too few windows";
  EXPECT_EQ(host_spare(0.3, 10ms, 9ms, 0.0), 0.3);
  EXPECT_EQ(host_spare(0.01, 10ms, 11ms, 0.0), 0.01)
      << "a host that was slower then proves nothing";
  EXPECT_EQ(host_spare(0.01, 0ns, 11ms, 0.0), 0.01);
  EXPECT_EQ(host_spare(0.0, 290ms, 29ms, 1.01 * kUneven), 0.0) << "nor one that is slower now";
}

TEST(PaceSpread, IsHowUnevenlyImagesCame) {
  const auto at = [](const std::vector<double>& images) {
    std::vector<MeasuredWindow> windows;
    for (const double n : images)
      windows.push_back({Instant{}, Instant{} + 2s, Joules(1.0), Images(n)});
    return windows;
  };
  EXPECT_EQ(pace_spread(at({90.0, 110.0})), std::nullopt);
  EXPECT_NEAR(pace_spread(at({90.0, 100.0, 110.0})).value(), 0.1, 1e-12);
  EXPECT_NEAR(pace_spread(at({100.0, 100.0, 100.0})).value(), 0.0, 1e-12);
  EXPECT_EQ(pace_spread(at({0.0, 0.0, 0.0})), std::nullopt);
}

TEST(HostTerm, IsWhatTheDeviceDrawsWhileASlowerHostLetsItWait) {
  // 10 % of deviation are 20 % of time, at 120 of 400 W.
  EXPECT_NEAR(host_term(0.10, 0.0, Watts(120.0), Watts(400.0)), 0.2 * 0.3, 1e-12);
  // A host with a sixth of its time to spare is never waited for.
  EXPECT_NEAR(host_term(0.10, 1.0 / 6.0, Watts(120.0), Watts(400.0)), 0.0, 1e-12);
  EXPECT_NEAR(host_term(0.10, 0.1, Watts(120.0), Watts(400.0)), 0.08 * 0.3, 1e-12);
  EXPECT_EQ(host_term(0.10, 0.9, Watts(120.0), Watts(400.0)), 0.0);
  EXPECT_EQ(host_term(0.10, 0.0, Watts(120.0), Watts(0.0)), 0.0);
}

}  // namespace
}  // namespace joulemark::measure

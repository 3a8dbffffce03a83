#include "measure/cross_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/testing/fake_perf.hpp"
#include "measure/testing/fakes.hpp"
#include "meter/synthetic.hpp"

namespace joulemark::measure {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// --- The decision ---------------------------------------------------------------------------

/// Four seconds of a counter at 200 W and of whatever else is given.
class Compare : public testing::Test {
 protected:
  Compare() {
    w_.meter.device = "a GPU";
    w_.meter.scope = meter::Scope::gpu_board;
    w_.meter.has_energy = w_.meter.has_power = w_.meter.has_ring = true;
    w_.meter.average_window = 1s;
    w_.longest_ring_gap = 100ms;
    for (int i = 0; i <= 40; ++i) w_.points.push_back({at(0.1 * i), Joules(20.0 * i)});
  }
  static Instant at(double s) { return Instant{100s} + from_seconds(s); }
  static std::vector<meter::PowerSample> samples(double watts, double spacing, double from = 0.0) {
    std::vector<meter::PowerSample> all;
    const auto count = static_cast<int>((4.0 - from) / spacing + 1e-9);
    for (int i = 0; i <= count; ++i) all.push_back({at(from + spacing * i), Watts(watts)});
    return all;
  }
  Comparison of(std::string_view estimator) {
    for (Comparison& c : compare(w_)) {
      if (c.estimator == estimator) return c;
    }
    return {"none of that name", Verdict::not_checked, {}, {}, {}, ""};
  }

  Watched w_;
};

TEST_F(Compare, WithinOnePercentIsAgreement) {
  w_.ring = samples(201.0, 0.02);
  w_.instants = samples(203.0, 0.1);
  w_.averages = samples(198.5, 0.1);
  EXPECT_EQ(of("energy counter").verdict, Verdict::reference);
  EXPECT_NEAR(of("energy counter").power->value, 200.0, 1e-9);
  EXPECT_EQ(of("ring of power samples").verdict, Verdict::agrees);
  EXPECT_NEAR(*of("ring of power samples").difference_rel, 0.005, 1e-9);
  EXPECT_EQ(of("instant power").verdict, Verdict::differs);
  EXPECT_NEAR(*of("instant power").difference_rel, 0.015, 1e-9);
  EXPECT_EQ(of("driver's average").verdict, Verdict::agrees);
  EXPECT_NEAR(*of("driver's average").difference_rel, -0.0075, 1e-9);
}

TEST_F(Compare, ARunningMeanIsHeldAgainstItsOwnWindow) {
  // 100 W for two seconds, then 300 W. A mean over the last second follows a second behind.
  w_.points.clear();
  double joules = 0.0;
  for (int i = 0; i <= 40; ++i) {
    w_.points.push_back({at(0.1 * i), Joules(joules)});
    joules += i < 20 ? 10.0 : 30.0;
  }
  w_.averages.clear();
  for (int i = 10; i <= 25; ++i) {
    const double share = std::max(0.0, 0.1 * (i - 20));
    w_.averages.push_back({at(0.1 * i), Watts(100.0 + 200.0 * share)});
  }
  EXPECT_EQ(of("driver's average").verdict, Verdict::agrees);
  EXPECT_NEAR(*of("driver's average").difference_rel, 0.0, 1e-6);
  for (meter::PowerSample& s : w_.averages) s.power = Watts(300.0);
  EXPECT_EQ(of("driver's average").verdict, Verdict::differs);
}

TEST_F(Compare, SamplesAreComparedOverTheTimeThatTheyCover) {
  // The ring was read late: it has only the second half, at another power, and so has the counter.
  w_.points.clear();
  double joules = 0.0;
  for (int i = 0; i <= 40; ++i) {
    w_.points.push_back({at(0.1 * i), Joules(joules)});
    joules += i < 20 ? 10.0 : 30.0;
  }
  w_.ring = samples(300.0, 0.02, 2.0);
  EXPECT_EQ(of("ring of power samples").verdict, Verdict::agrees);
  EXPECT_NEAR(of("ring of power samples").reference->value, 300.0, 1e-6);
}

TEST_F(Compare, WhatIsNotThereIsNotChecked) {
  EXPECT_THAT(of("instant power").reason, HasSubstr("too little"));
  EXPECT_FALSE(of("instant power").power);
  w_.meter.has_power = false;
  w_.meter.average_window.reset();
  EXPECT_EQ(of("instant power").verdict, Verdict::not_checked);
  EXPECT_EQ(of("instant power").reason, "a GPU does not offer it");
  EXPECT_EQ(of("driver's average").reason, "a GPU does not offer it");
  w_.ring = {{at(0.0), Watts(200.0)}, {at(2.0), Watts(200.0)}, {at(4.0), Watts(200.0)}};
  EXPECT_EQ(of("ring of power samples").verdict, Verdict::not_checked) << "it has gaps";
  w_.points.resize(2);
  ASSERT_EQ(compare(w_).size(), 1u);
  EXPECT_EQ(compare(w_)[0].verdict, Verdict::not_checked);
}

TEST_F(Compare, WithoutACounterTheRingIsTheReference) {
  w_.meter.has_energy = false;
  w_.ring = samples(200.0, 0.02);
  w_.instants = samples(204.0, 0.1);
  const auto all = compare(w_);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].estimator, "ring of power samples");
  EXPECT_EQ(all[0].verdict, Verdict::reference);
  EXPECT_EQ(of("instant power").verdict, Verdict::differs);
}

TEST_F(Compare, CpusAreHeldAgainstPerfAndNothingElse) {
  w_.meter = {};
  w_.meter.has_energy = true;
  w_.meter.scope = meter::Scope::cpu_package;
  w_.perf_missing = "perf is not installed";
  ASSERT_EQ(compare(w_).size(), 2u);
  EXPECT_EQ(of("perf stat").reason, "perf is not installed");
  w_.perf = OtherCount{at(0.5), at(3.5), Watts(190.0)};
  EXPECT_EQ(of("perf stat").verdict, Verdict::differs);
  EXPECT_NEAR(*of("perf stat").difference_rel, -0.05, 1e-9);
}

TEST_F(Compare, AModelHasNothingToBeComparedWith) {
  w_.meter.estimated = true;
  w_.meter.scope = meter::Scope::cpu_estimate;
  ASSERT_EQ(compare(w_).size(), 1u);
  EXPECT_EQ(compare(w_)[0].estimator, "power model");
  EXPECT_THAT(compare(w_)[0].reason, HasSubstr("nothing to compare it with"));
}

// --- Watching -------------------------------------------------------------------------------

class WatchTest : public testing::Test {
 protected:
  std::vector<Comparison> check(meter::Meter& meter) {
    const auto watched = watch(meter, clock_, options_);
    EXPECT_TRUE(watched) << watched.error().message();
    return watched ? compare(*watched) : std::vector<Comparison>{};
  }

  ManualClock clock_{Instant{100s}};
  FakeMeter meter_{clock_};
  CrossCheckOptions options_;
};

TEST_F(WatchTest, ACounterAndPowerOfOneLoadAgree) {
  const auto all = check(meter_);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NEAR(all[0].power->value, 400.0, 1.0);
  EXPECT_EQ(all[2].estimator, "instant power");
  EXPECT_EQ(all[2].verdict, Verdict::agrees);
  EXPECT_EQ(all[1].verdict, Verdict::not_checked) << "it has no ring";
  EXPECT_EQ(all[3].verdict, Verdict::not_checked) << "nor an average";
}

TEST_F(WatchTest, AStepInTheLoadIsSeenByAllAlike) {
  const auto meter =
      meter::open_synthetic("step:100,300,102;update=100;ring=20;cost=4", clock_).value();
  const auto all = check(*meter);
  ASSERT_GE(all.size(), 3u);
  EXPECT_EQ(all[1].estimator, "ring of power samples");
  EXPECT_EQ(all[1].verdict, Verdict::agrees) << *all[1].difference_rel;
}

TEST_F(WatchTest, ALoadFasterThanTheSensorIsToldByItsEstimators) {
  // The counter sums samples 100 ms apart, always in the high part of a square wave of 100 ms.
  const auto meter =
      meter::open_synthetic("square:100,400,0.1,0.5;update=100;sampling=100;ring=20;cost=4", clock_)
          .value();
  EXPECT_EQ(check(*meter)[1].verdict, Verdict::differs);
}

TEST_F(WatchTest, ALostMeterIsAnError) {
  meter_.lost_at = Instant{102s};
  const auto watched = watch(meter_, clock_, options_);
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().kind, ErrorKind::meter_lost);
}

TEST_F(WatchTest, PerfCountsAtTheSameTime) {
  meter_.as().scope = meter::Scope::cpu_package;
  meter_.as().update_period = 1ms;
  const FakePerf perf;
  options_.root = perf.root();
  options_.path = perf.path();
  EXPECT_THAT(check(meter_).at(1).reason, HasSubstr("the kernel has no event"));
  perf.event("energy-pkg");
  EXPECT_THAT(check(meter_).at(1).reason, HasSubstr("perf is not installed"));
  perf.program("echo '1604,Joules,power/energy-pkg/,1,100.00,,' >&2");  // 401 W over 4 s
  Comparison with_perf = check(meter_).at(1);
  EXPECT_EQ(with_perf.verdict, Verdict::agrees) << with_perf.reason;
  perf.program("echo '1700,Joules,power/energy-pkg/,1,100.00,,' >&2");
  with_perf = check(meter_).at(1);
  EXPECT_EQ(with_perf.verdict, Verdict::differs);
  EXPECT_NEAR(with_perf.power->value, 425.0, 1e-9);
  perf.program("echo 'Error:\nno permission' >&2; exit 255");
  EXPECT_THAT(check(meter_).at(1).reason, HasSubstr("no permission"));
  EXPECT_THAT(check(meter_).at(0).reason, IsEmpty());
}

}  // namespace
}  // namespace joulemark::measure

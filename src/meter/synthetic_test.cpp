#include "meter/synthetic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Instant kStart{1000s};

class Synthetic : public testing::Test {
 protected:
  /// A meter of `waveform`, opened at the clock's present.
  std::unique_ptr<Meter> meter(std::string_view waveform, const SensorModel& sensor) {
    return make_synthetic(std::move(*parse_waveform(waveform)), sensor, clock_);
  }
  std::unique_ptr<Meter> opened(const std::string& description) {
    auto made = open_synthetic(description, clock_);
    EXPECT_TRUE(made) << made.error().message();
    return std::move(*made);
  }
  void at(Nanoseconds since_opening) { clock_.sleep_until(kStart + since_opening); }

  ManualClock clock_{kStart};
};

double joules(Meter& meter) { return meter.energy().value().value; }
double watts(Meter& meter) { return meter.power().value().value; }

TEST_F(Synthetic, WithoutUpdatesEveryReadingIsFresh) {
  const auto m = meter("flat:250", {});
  EXPECT_FALSE(m->info().update_period);
  EXPECT_DOUBLE_EQ(joules(*m), 0.0);
  at(30ms);
  EXPECT_DOUBLE_EQ(joules(*m), 7.5);
  at(31ms);
  EXPECT_DOUBLE_EQ(joules(*m), 7.75);
}

TEST_F(Synthetic, TheCounterStepsOnItsUpdatesOnly) {
  SensorModel sensor;
  sensor.update_period = 100ms;
  const auto m = meter("flat:200", sensor);
  EXPECT_EQ(m->info().update_period, 100ms);
  at(99ms);
  EXPECT_DOUBLE_EQ(joules(*m), 0.0);
  at(100ms);
  EXPECT_DOUBLE_EQ(joules(*m), 20.0);
  at(199ms);
  EXPECT_DOUBLE_EQ(joules(*m), 20.0);
  at(1s);
  EXPECT_DOUBLE_EQ(joules(*m), 200.0);
}

TEST_F(Synthetic, UpdatesComeAtTheirPhase) {
  SensorModel sensor;
  sensor.update_period = 100ms;
  sensor.phase = 30ms;
  const auto m = meter("flat:200", sensor);
  at(29ms);
  EXPECT_DOUBLE_EQ(joules(*m), 0.0);
  at(30ms);
  EXPECT_DOUBLE_EQ(joules(*m), 6.0);
  at(129ms);
  EXPECT_DOUBLE_EQ(joules(*m), 6.0);
  at(130ms);
  EXPECT_DOUBLE_EQ(joules(*m), 26.0);
}

TEST_F(Synthetic, PowerIsThatOfTheLastUpdate) {
  SensorModel sensor;
  sensor.update_period = 100ms;
  const auto m = meter("step:100,500,0.25", sensor);
  at(260ms);
  EXPECT_DOUBLE_EQ(watts(*m), 100.0);
  at(300ms);
  EXPECT_DOUBLE_EQ(watts(*m), 500.0);
}

TEST_F(Synthetic, TheCounterIsRoundedDownToItsResolution) {
  SensorModel sensor;
  sensor.resolution = Joules(0.5);
  const auto m = meter("flat:1", sensor);
  EXPECT_DOUBLE_EQ(m->info().resolution.value, 0.5);
  at(1900ms);
  EXPECT_DOUBLE_EQ(joules(*m), 1.5);
  at(2s);
  EXPECT_DOUBLE_EQ(joules(*m), 2.0);
  sensor.resolution = Joules(0.0);
  const auto exact = meter("flat:1", sensor);
  at(2s + 123456789ns);
  EXPECT_NEAR(joules(*exact), 0.123456789, 1e-12);
}

TEST_F(Synthetic, InternalSamplingMissesWhatHappensBetweenItsSamples) {
  SensorModel sensor;
  sensor.sampling = 100ms;
  sensor.resolution = Joules(0.0);
  // High for the first 20 ms of each period, and every sample falls onto a beginning.
  const auto aliased = meter("spike:100,600,0.1,0.02", sensor);
  sensor.sampling = 1ms;
  const auto fine = meter("spike:100,600,0.1,0.02", sensor);
  at(1s);
  EXPECT_NEAR(joules(*aliased), 600.0, 1e-9);
  EXPECT_NEAR(joules(*fine), 200.0, 1e-9);
  at(1099ms);
  EXPECT_NEAR(joules(*aliased), 600.0,
              1e-9);  // the sample in progress is not in the sum
  at(1100ms);
  EXPECT_NEAR(joules(*aliased), 660.0, 1e-9);
}

TEST_F(Synthetic, AQueryTakesItsTimeAndShowsTheMiddleOfIt) {
  SensorModel sensor;
  sensor.query_cost = 4ms;
  const auto m = meter("flat:1000", sensor);
  EXPECT_EQ(m->info().query_cost, 4ms);
  EXPECT_DOUBLE_EQ(joules(*m), 2.0);
  EXPECT_EQ(clock_.now(), kStart + 4ms);
  EXPECT_DOUBLE_EQ(joules(*m), 6.0);
  EXPECT_EQ(clock_.now(), kStart + 8ms);
}

TEST_F(Synthetic, TheRingHoldsSoManySamplesAndGivesThoseNewerThanAsked) {
  SensorModel sensor;
  sensor.ring_period = 20ms;
  sensor.ring_length = 5;
  const auto m = meter("ramp:0,1000,1", sensor);
  ASSERT_TRUE(m->info().has_ring);
  EXPECT_EQ(m->info().ring_period, 20ms);
  at(500ms);
  const auto all = m->ring_since(kStart - 1s).value();
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all.front().at, kStart + 420ms);
  EXPECT_EQ(all.back().at, kStart + 500ms);
  EXPECT_DOUBLE_EQ(all.back().power.value, 500.0);

  EXPECT_TRUE(m->ring_since(kStart + 500ms)->empty());
  const auto newer = m->ring_since(kStart + 460ms).value();
  ASSERT_EQ(newer.size(), 2u);
  EXPECT_EQ(newer.front().at, kStart + 480ms);
  EXPECT_EQ(m->ring_since(kStart + 459ms)->size(), 3u);
}

TEST_F(Synthetic, TheRingBeginsWithTheWaveform) {
  SensorModel sensor;
  sensor.ring_period = 20ms;
  const auto m = meter("flat:1", sensor);
  at(50ms);
  const auto samples = m->ring_since(kStart - 1s).value();
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples.front().at, kStart);
}

TEST_F(Synthetic, WithoutARingItSaysSo) {
  const auto m = meter("flat:1", {});
  EXPECT_FALSE(m->info().has_ring);
  EXPECT_EQ(m->ring_since(kStart).error().kind, ErrorKind::unsupported);
}

TEST_F(Synthetic, TheCounterNeverStepsBackByRounding) {
  SensorModel sensor;
  sensor.resolution = Joules(0.0);
  const auto m = meter("square:0,123.456,0.0001,0.3", sensor);
  double before = 0.0;
  for (int i = 0; i < 20'000; ++i) {
    clock_.advance(9999ns);
    const double now = joules(*m);
    ASSERT_GE(now, before) << "reading " << i;
    before = now;
  }
}

TEST_F(Synthetic, IsSimulatedAndWithoutConditions) {
  const auto m = meter("flat:1", {});
  EXPECT_EQ(m->info().scope, Scope::simulated);
  EXPECT_FALSE(m->info().estimated);
  const Conditions c = m->conditions().value();
  EXPECT_FALSE(c.clock_mhz || c.temperature_c || c.power_limit || c.host_busy);
}

TEST_F(Synthetic, OpensFromADescription) {
  const auto m = opened("flat:100;update=100;ring=20;cost=4");
  EXPECT_EQ(m->info().name, "synthetic");
  EXPECT_EQ(m->info().update_period, 100ms);
  EXPECT_EQ(m->info().ring_period, 20ms);
  EXPECT_EQ(m->info().query_cost, 4ms);
  at(105ms);
  EXPECT_DOUBLE_EQ(joules(*m), 10.0);

  const auto plain = opened("flat:100");
  EXPECT_FALSE(plain->info().update_period);
  EXPECT_FALSE(plain->info().has_ring);
  EXPECT_FALSE(opened("flat:100;update=0")->info().update_period);
  EXPECT_EQ(opened("flat:100;update=2.5;")->info().update_period, 2500us);
}

TEST_F(Synthetic, ADescriptionCanSetTheSampling) {
  const auto m = opened("spike:100,600,0.1,0.02;sampling=100");
  at(1s);
  EXPECT_NEAR(joules(*m), 600.0, 1e-2);
}

TEST_F(Synthetic, ASettingThatIsNoneIsNamed) {
  for (const char* setting :
       {"update", "update=", "update=a", "update=1ms", "update=-1", "update=nan", "update=inf",
        "update=1e6", "sampling=0.01", "ring=1e999", "cost=10000", "phase=3", "=3", "Update=3"}) {
    const auto made = open_synthetic(std::string("flat:1;") + setting + ";ring=20", clock_);
    ASSERT_FALSE(made) << setting;
    EXPECT_EQ(made.error().kind, ErrorKind::invalid_input);
    EXPECT_THAT(made.error().what, HasSubstr("'" + std::string(setting) + "'"));
    EXPECT_THAT(made.error().next, HasSubstr("update=MS"));
  }
  EXPECT_FALSE(open_synthetic("flat:1;;ring=20", clock_));
}

TEST_F(Synthetic, AWaveformThatIsNoneIsNamed) {
  const auto made = open_synthetic("flat;update=100", clock_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "'flat' is not a waveform");
}

}  // namespace
}  // namespace joulemark::meter

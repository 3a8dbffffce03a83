// What may happen to a GPU, or to the clocks, while a run goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meter/calibration.hpp"
#include "meter/testing/driver.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The kernel's clocks, on which somebody sets the wall clock.
class SettableClock final : public Clock {
 public:
  Instant now() override { return kernel_.now(); }
  void sleep_until(Instant deadline) override { kernel_.sleep_until(deadline); }
  ClockOffsets offsets() override {
    const ClockOffsets real = kernel_.offsets();
    return {real.asleep, real.wall + set_};
  }
  void set_wall_clock(Nanoseconds by) { set_ += by; }

 private:
  SteadyClock kernel_;
  Nanoseconds set_{0};
};

std::unique_ptr<Meter> meter_of(const Driver& driver, Clock& clock) {
  auto made = driver.open(clock);
  EXPECT_TRUE(made) << made.error().message();
  return made ? std::move(*made) : nullptr;
}

class NvmlRun : public testing::Test {
 protected:
  SettableClock clock_;
};

TEST_F(NvmlRun, WhatChangesIsSeenWithoutAskingForTheRest) {
  const Driver driver(
      "power_limit_after_ms=1000;power_limit=500;clock_after_ms=2000;clock_mhz=1500;heating=4;"
      "throttle=0x4;processes=7");
  const auto m = meter_of(driver, clock_);
  Conditions c = m->changing_conditions().value();
  EXPECT_EQ(c.power_limit, Watts(700.0));
  EXPECT_EQ(c.clock_mhz, 1980.0);
  EXPECT_EQ(c.clock_max_mhz, 1980.0);
  EXPECT_EQ(c.temperature_c, 45.0);
  EXPECT_THAT(c.throttle_reasons, ElementsAre("sw_power_cap"));
  EXPECT_THAT(c.other_processes, IsEmpty());
  EXPECT_FALSE(c.mig || c.ecc || c.persistence);
  driver.advance(1500ms);
  c = m->changing_conditions().value();
  EXPECT_EQ(c.power_limit, Watts(500.0));
  EXPECT_EQ(c.clock_mhz, 1980.0);
  EXPECT_EQ(c.temperature_c, 51.0);
  driver.advance(500ms);
  EXPECT_EQ(m->changing_conditions()->clock_mhz, 1500.0);
  EXPECT_EQ(m->conditions()->clock_mhz, 1500.0);
}

TEST_F(NvmlRun, ACalibratedMeterPassesOnWhatItsDeviceOffers) {
  const Driver driver("clock_after_ms=1000;clock_mhz=1500");
  const auto m = meter_of(driver, clock_);
  const auto better = calibrated(*m, {});
  driver.advance(1s);
  EXPECT_EQ(better->changing_conditions()->clock_mhz, 1500.0);
  EXPECT_EQ(better->average_power().value(), m->average_power().value());
}

TEST_F(NvmlRun, PersistenceThatIsOffIsSaid) {
  const Driver driver("persistence=0");
  EXPECT_EQ(meter_of(driver, clock_)->conditions()->persistence, false);
}

TEST_F(NvmlRun, TheDriversAverageIsThatOfASecond) {
  const Driver driver("waveform=step:100,300,2");
  const auto m = meter_of(driver, clock_);
  EXPECT_EQ(m->info().average_window, 1s);
  driver.advance(2250ms);
  EXPECT_NEAR(m->average_power()->value, 140.0, 0.01) << "it changes every 100 ms";
  EXPECT_NEAR(m->power()->value, 300.0, 0.01);
}

TEST_F(NvmlRun, ADriverWithoutAnAverageLeavesTheOthers) {
  const Driver driver("average=NOT_SUPPORTED");
  const auto m = meter_of(driver, clock_);
  EXPECT_FALSE(m->info().average_window);
  EXPECT_EQ(m->average_power().error().kind, ErrorKind::unsupported);
  EXPECT_TRUE(m->info().has_energy && m->info().has_power && m->info().has_ring);
}

TEST_F(NvmlRun, PermissionThatIsTakenBackIsAnErrorOnEveryChannel) {
  const Driver driver("denied_after_ms=1000");
  const auto m = meter_of(driver, clock_);
  driver.advance(500ms);
  ASSERT_TRUE(m->energy());
  driver.advance(500ms);
  for (const Error& error :
       {m->energy().error(), m->power().error(), m->ring_since(Instant{0s}).error()}) {
    EXPECT_EQ(error.kind, ErrorKind::permission_denied);
    EXPECT_THAT(error.next, HasSubstr("group video or render"));
  }
}

class WallClock : public testing::TestWithParam<std::chrono::milliseconds> {};

/// Power rises by 1 W in a millisecond of the driver's time, so a sample tells when it was taken.
TEST_P(WallClock, ThatIsSetMisplacesNoSample) {
  const std::string by = std::to_string(GetParam().count());
  const Driver driver("waveform=ramp:0,100000,100;wall_set_after_ms=1000;wall_set_ms=" + by);
  SettableClock clock;
  const auto m = meter_of(driver, clock);
  driver.advance(980ms);
  const auto before = m->ring_since(Instant{0s}).value();
  ASSERT_EQ(before.size(), 50u);
  const Instant zero = before.front().at;
  clock.set_wall_clock(GetParam());
  driver.advance(220ms);  // eleven samples on the new wall clock before anybody notices
  Instant last = before.back().at;
  std::size_t seen = 0;
  for (int look = 0; look < 12; ++look) {
    const auto samples = m->ring_since(last).value();
    for (const PowerSample& s : samples) {
      EXPECT_NEAR(seconds(s.at - zero), s.power.value * 1e-3, 5e-3);
      EXPECT_GT(s.at, last);
      last = s.at;
      ++seen;
    }
    driver.advance(200ms);
  }
  EXPECT_EQ(seen, 110u) << "all after it was noticed, none of those that were there";
}

INSTANTIATE_TEST_SUITE_P(Steps, WallClock,
                         testing::Values(-1007ms, -311ms, 500ms, -60000ms, 3600000ms));

}  // namespace
}  // namespace joulemark::meter

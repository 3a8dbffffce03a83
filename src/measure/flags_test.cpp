// Each flag of conditions by itself: what raises it, and the nearest that does not.

#include <gmock/gmock.h>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ConditionFlags : public testing::Test {
 protected:
  ConditionFlags() {
    gpu_.scope = meter::Scope::gpu_board;
    Instant t{};
    for (int i = 0; i < 10; ++i, t = t + 500ms) {
      windows_.push_back({t, t + 500ms, Joules(100.0), Images(100.0)});
    }
    in_.meter = &gpu_;
  }
  std::vector<std::string> raised() {
    in_.conditions = conditions_;
    in_.windows = windows_;
    return flags(in_);
  }
  std::vector<std::string> with_clocks(const std::vector<double>& mhz,
                                       const std::vector<std::string>& reasons = {}) {
    conditions_.clear();
    for (const double clock : mhz) {
      meter::Conditions c;
      c.clock_mhz = clock;
      c.clock_max_mhz = 1980.0;
      c.throttle_reasons = reasons;
      conditions_.push_back(c);
    }
    return raised();
  }
  std::vector<std::string> with_temperatures(const std::vector<double>& celsius) {
    conditions_.clear();
    for (const double degrees : celsius) conditions_.emplace_back().temperature_c = degrees;
    return raised();
  }

  meter::MeterInfo gpu_;
  std::vector<meter::Conditions> conditions_;
  std::vector<MeasuredWindow> windows_;
  FlagInput in_;
};

TEST_F(ConditionFlags, NothingKnownRaisesNothing) {
  EXPECT_THAT(raised(), IsEmpty());
  conditions_.resize(3);
  EXPECT_THAT(raised(), IsEmpty());
}

TEST_F(ConditionFlags, ADeviceThatWaitsIsHostBound) {
  in_.host_spare = 0.049;
  EXPECT_THAT(raised(), ElementsAre("host_bound"));
  EXPECT_THAT(refused_by_strict(raised()), IsEmpty());
  in_.host_spare = 0.051;
  EXPECT_THAT(raised(), IsEmpty());
}

TEST_F(ConditionFlags, AClockThatFallsIsClockDropped) {
  EXPECT_THAT(with_clocks({1980, 1980, 1980}), IsEmpty());
  EXPECT_THAT(with_clocks({1980, 1950, 1965}), IsEmpty()) << "two steps of 15 MHz";
  EXPECT_THAT(with_clocks({1965, 1980}), IsEmpty()) << "rising is not falling";
  EXPECT_THAT(with_clocks({1980, 1935}), ElementsAre("clock_dropped"));
  EXPECT_THAT(with_clocks({1980, 1800, 1980}), ElementsAre("clock_dropped")) << "in between only";
}

TEST_F(ConditionFlags, AClockThatThePowerLimitSetsIsPowerCappedOnly) {
  EXPECT_THAT(with_clocks({1830, 1575}, {"sw_power_cap"}), ElementsAre("power_capped"));
  EXPECT_THAT(with_clocks({1980, 1650}, {"hw_thermal_slowdown"}),
              ElementsAre("throttled", "clock_dropped"));
}

TEST_F(ConditionFlags, AClockFarBelowTheHighestForNoReasonIsClockLow) {
  EXPECT_THAT(with_clocks({1500, 1500}), ElementsAre("clock_low"));
  EXPECT_THAT(with_clocks({1800, 1800}), IsEmpty());
  EXPECT_THAT(with_clocks({1500, 1500}, {"applications_clocks_setting"}), IsEmpty())
      << "somebody chose it, and the driver says so";
  EXPECT_THAT(with_clocks({1500, 1980}), IsEmpty()) << "it only woke up late";
}

TEST_F(ConditionFlags, TheClockOfOneCoreSaysNothingOfACpu) {
  gpu_.scope = meter::Scope::cpu_package;
  EXPECT_THAT(with_clocks({3800, 800}), IsEmpty());
  EXPECT_THAT(with_clocks({800, 800}), IsEmpty());
}

TEST_F(ConditionFlags, ATemperatureThatMovesByMoreThanFiveDegreesIsSaid) {
  EXPECT_THAT(with_temperatures({45, 50}), IsEmpty());
  EXPECT_THAT(with_temperatures({45, 51}), ElementsAre("temperature_changed"));
  EXPECT_THAT(with_temperatures({61, 55}), ElementsAre("temperature_changed"));
  EXPECT_THAT(with_temperatures({45}), IsEmpty());
  EXPECT_THAT(with_temperatures({45, 45, 45, 46, 45, 52}), IsEmpty())
      << "one reading decides nothing";
  EXPECT_THAT(with_temperatures({45, 46, 48, 50, 52, 54}), ElementsAre("temperature_changed"));
}

TEST_F(ConditionFlags, APowerLimitThatSomebodyChangesIsSaid) {
  const auto with = [&](const std::vector<double>& watts) {
    conditions_.clear();
    for (const double limit : watts) conditions_.emplace_back().power_limit = Watts(limit);
    return raised();
  };
  EXPECT_THAT(with({700, 700, 700}), IsEmpty());
  EXPECT_THAT(with({700, 500}), ElementsAre("power_limit_changed"));
  EXPECT_THAT(with({700, 500, 700}), ElementsAre("power_limit_changed")) << "and changed back";
  conditions_ = {{}, {}, {}};
  conditions_[1].power_limit = Watts(700.0);
  EXPECT_THAT(raised(), IsEmpty()) << "unknown is no change";
}

TEST_F(ConditionFlags, AHostThatOthersUseIsBusy) {
  in_.host = meter::HostUse{0.13, 0.007};  // what a quiet host used of itself
  EXPECT_THAT(raised(), IsEmpty());
  in_.host = meter::HostUse{0.3, 0.0};
  EXPECT_THAT(raised(), ElementsAre("busy_host"));
  in_.host = meter::HostUse{0.15, 0.15};
  EXPECT_THAT(raised(), ElementsAre("busy_host")) << "what the hypervisor withholds counts too";
}

TEST_F(ConditionFlags, TheCounterOfABoardIsNotThatOfASlice) {
  gpu_.scope = meter::Scope::gpu_mig_slice;
  EXPECT_THAT(raised(), ElementsAre("mig_slice"));
  gpu_.scope = meter::Scope::gpu_board;
  conditions_.resize(2);
  conditions_[1].mig = true;
  EXPECT_THAT(raised(), ElementsAre("mig_slice")) << "switched on since the meter was opened";
  conditions_[1].mig = false;
  EXPECT_THAT(raised(), IsEmpty());
}

TEST_F(ConditionFlags, WithoutPersistenceTheIdlePowerIsInDoubt) {
  conditions_.resize(1);
  conditions_[0].persistence = false;
  EXPECT_THAT(raised(), IsEmpty()) << "gross energy does not rest on it";
  in_.idle_subtracted = true;
  EXPECT_THAT(raised(), ElementsAre("persistence_off"));
  conditions_[0].persistence = true;
  EXPECT_THAT(raised(), IsEmpty());
}

TEST_F(ConditionFlags, IdlePowerBesideOthersIsInDoubt) {
  in_.others_while_idle = 1;
  EXPECT_THAT(raised(), IsEmpty()) << "gross energy does not rest on it";
  in_.idle_subtracted = true;
  EXPECT_THAT(raised(), ElementsAre("idle_shared"));
}

TEST_F(ConditionFlags, EnergyThatWasInterpolatedIsSaid) {
  in_.samples_missing = true;
  EXPECT_THAT(raised(), ElementsAre("samples_missing"));
}

TEST_F(ConditionFlags, AWallClockThatWasSetIsSaid) {
  in_.wall_clock_set = -1s;
  EXPECT_THAT(raised(), ElementsAre("wall_clock_set"));
}

TEST(Strict, RefusesAllButWhatSaysWhatWasMeasured) {
  EXPECT_THAT(
      refused_by_strict(std::vector<std::string>{"power_capped", "estimated", "weights_random"}),
      IsEmpty());
  const std::vector<std::string> conditions = {
      "throttled",      "meters_disagree",     "not_steady",          "drifted",
      "short_window",   "shared_device",       "search_cut",          "clock_dropped",
      "clock_low",      "power_limit_changed", "temperature_changed", "busy_host",
      "mig_slice",      "persistence_off",     "idle_shared",         "samples_missing",
      "wall_clock_set", "of_tomorrow"};
  EXPECT_EQ(refused_by_strict(conditions), conditions);
}

}  // namespace
}  // namespace joulemark::measure

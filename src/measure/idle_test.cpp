// Power of a device that nothing runs on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include <nlohmann/json.hpp>

#include "measure/record.hpp"
#include "measure/testing/model_fixture.hpp"

namespace joulemark::measure {
namespace {

using testing::Contains;

TEST_F(ModelTest, IdleIsTheMetersPowerWithoutLoad) {
  meter_.power_w = 82.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 2s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_NEAR(idle->power.value, 82.0, 0.3);
}

TEST_F(ModelTest, AShortIdleWaitsForTheCounterToBeUnderstood) {
  meter_.power_w = 82.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 50ms);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_NEAR(idle->power.value, 82.0, 2.0);  // two periods, each edge known to a few milliseconds
  EXPECT_TRUE(idle->ci95_rel);
}

TEST_F(ModelTest, IdlePowerIsThatOfADeviceThatHasSettled) {
  // 42 W more at first, less by half in each second.
  const Instant began = clock_.now();
  const double rate = std::numbers::ln2;
  meter_.used = [=](Instant t) {
    const double s = std::max(0.0, seconds(t - began));
    return Joules(78.0 * seconds(t.since_boot) + 42.0 / rate * (1.0 - std::exp(-rate * s)));
  };
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_TRUE(idle->settled);
  EXPECT_NEAR(idle->power.value, 78.0, 0.78);
  EXPECT_GT(idle->waited, 3s);
  EXPECT_NEAR(seconds(idle->length), 3.0, 0.2);
}

TEST_F(ModelTest, IdlePowerThatNeverStandsStillIsTakenAsItIsAndSaysSo) {
  const Instant began = clock_.now();
  meter_.used = [=](Instant t) {
    const double s = seconds(t - began);
    return Joules(60.0 * s + 0.5 * s * s + 1e6);  // 1 W more in each second
  };
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_FALSE(idle->settled);
  const double took = seconds(clock_.now() - began);
  EXPECT_NEAR(took, 17.3, 0.4);
  EXPECT_NEAR(idle->power.value, 60.0 + took - 1.5, 0.5);  // of the last three seconds
  RecordContext context;
  context.idle = *idle;
  const auto outcomes = measure({kBatch1});
  const auto row = make_record(context, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  const auto said = nlohmann::json::parse(row.provenance_json).at("idle");
  EXPECT_EQ(said.at("settled"), false);
  EXPECT_NEAR(said.at("waited_s").get<double>(), took - 3.0, 0.3);
}

/// As exporters do, which end when a lot is made.
TEST_F(ModelTest, IdlePowerIsTakenAnewOnceOthersHaveLeftTheDevice) {
  const Instant began = clock_.now();
  meter_.current.other_processes = {4711};
  meter_.used = [&, began](Instant t) {
    const double s = std::max(0.0, seconds(t - began));
    if (s > 4.0) meter_.current.other_processes.clear();
    return Joules(126.0 * std::min(s, 4.0) + 73.0 * std::max(0.0, s - 4.0) + 1e6);
  };
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_EQ(idle->other_processes, 0u);
  EXPECT_NEAR(idle->power.value, 73.0, 0.5);
}

TEST_F(ModelTest, IdlePowerBesideOthersThatStaySaysSo) {
  meter_.power_w = 82.0;
  meter_.current.other_processes = {4711, 4712};
  const Instant began = clock_.now();
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_EQ(idle->other_processes, 2u);
  EXPECT_LT(seconds(clock_.now() - began), 15.0) << "a desktop's are always there";
  RecordContext context;
  context.idle = *idle;
  const auto outcomes = measure({kBatch1});
  const auto row = make_record(context, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  EXPECT_THAT(row.flags, Contains("idle_shared"));
  const auto said = nlohmann::json::parse(row.provenance_json).at("idle");
  EXPECT_EQ(said.at("other_processes"), 2);
}

/// As between two lots of a campaign of which nothing could be measured.
TEST_F(ModelTest, IdlePowerAfterALongBreakNeedsNoLockFromBefore) {
  meter_.power_w = 82.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  ASSERT_TRUE(measure_idle(bench, 3s));
  clock_.advance(120s);
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_NEAR(idle->power.value, 82.0, 0.3);
}

TEST_F(ModelTest, ACounterThatStandsStillGivesNoIdlePower) {
  meter_.power_w = 0.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 1s);
  ASSERT_FALSE(idle);
  EXPECT_EQ(idle.error().kind, ErrorKind::meter_lost);
}

TEST(Policy, ReadsSizesAndNames) {
  EXPECT_EQ(parse_policy("1")->kind, PolicyKind::batch_1);
  EXPECT_EQ(parse_policy("64")->batch, 64);
  EXPECT_EQ(parse_policy("throughput")->kind, PolicyKind::throughput);
  EXPECT_EQ(parse_policy("min_energy")->kind, PolicyKind::min_energy);
  for (const char* bad : {"", "0", "-1", "1x", "best", "99999999999999999999"}) {
    EXPECT_FALSE(parse_policy(bad)) << bad;
  }
}

}  // namespace
}  // namespace joulemark::measure

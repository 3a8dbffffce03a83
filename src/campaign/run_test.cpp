#include "campaign/run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "campaign/tally.hpp"
#include "campaign/verify.hpp"

namespace joulemark::campaign {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

TEST(LotSize, IsThePlansOrWhatFitsIntoTheSlot) {
  EXPECT_EQ(lot_size(16, std::nullopt, 10.0), 16u);
  EXPECT_EQ(lot_size(16, 1000.0, 10.0), 16u);
  EXPECT_EQ(lot_size(16, 59.0, 10.0), 6u);
  EXPECT_EQ(lot_size(200, 1000.0, 10.0), 115u) << "a few more: else another export is for the last";
  EXPECT_EQ(lot_size(16, 3.0, 10.0), 1u);
  EXPECT_EQ(lot_size(16, -5.0, 10.0), 1u);
  EXPECT_EQ(lot_size(16, 1e300, 1e-300), 16u);
  EXPECT_EQ(lot_size(16, 10.0, 0.0), 16u);
}

TEST(LotOf, JobsThatShareAnArtefactAreInOneLot) {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "device": "cuda:0",
                                   "variants": [{}, {"cuda_graph": true}]})")
                        .value();
  const Campaign c = freeze(plan, {"a", "b", "c"}).value();
  const std::vector<Step> all = left_of(c, {});
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(lot_of(c, all, 1).size(), 2u);
  EXPECT_EQ(lot_of(c, all, 2).size(), 2u);
  EXPECT_EQ(lot_of(c, all, 3).size(), 4u);
  EXPECT_EQ(lot_of(c, all, 100).size(), 6u);
  // The first of the two was done before.
  EXPECT_EQ(lot_of(c, std::span(all).subspan(1), 1).size(), 1u);
  EXPECT_EQ(lot_of(c, {}, 5).size(), 0u);
}

store::Record row(const std::string& model, std::optional<double> joules, const std::string& at) {
  store::Record r;
  r.model = model + ".tag";
  r.architecture = model;
  r.policy = "batch_1";
  r.batch = 1;
  r.status = joules ? "ok" : "crashed";
  r.energy_j_per_image = joules;
  r.measured_at = at;
  if (joules) r.windows = {{0.0, 2.0, 100.0, 100.0 / *joules, {}}};
  return r;
}

TEST(Tally, CountsRowsJoulesAndTheDriftOfTheSentinel) {
  Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "batch": ["1"],
                            "sentinel": {"model": "s", "every": 1}})")
                  .value();
  const Campaign c = freeze(plan, {"a", "b"}).value();
  // A pause of an hour between two slots is not the pace.
  const Tally t =
      tally(c, {row("s", 2.0, "2026-11-25T10:00:00Z"), row("a", 1.0, "2026-11-25T10:00:12Z"),
                row("b", {}, "2026-11-25T11:00:00Z"), row("s", 2.1, "2026-11-25T11:00:10Z")});
  EXPECT_EQ(t.rows, 5u);
  EXPECT_EQ(t.done, 3u);
  EXPECT_EQ(t.failed, 1u);
  EXPECT_EQ(t.left(), 1u);
  EXPECT_DOUBLE_EQ(t.joules, 300.0);
  EXPECT_DOUBLE_EQ(t.seconds, 6.0);
  EXPECT_THAT(t.sentinel.values, ElementsAre(1.0, 1.05));
  EXPECT_THAT(t.sentinel.hours, ElementsAre(0.0, testing::DoubleNear(1.0 + 10.0 / 3600.0, 1e-9)));
  EXPECT_EQ(t.sentinel.slope, std::nullopt) << "two are no line";
  EXPECT_THAT(t.per_row_s, Optional(12.0));
  EXPECT_EQ(t.last_at, "2026-11-25T11:00:10Z");
  EXPECT_EQ(tally(c, {}).per_row_s, std::nullopt);
}

TEST(Tally, HasALineThroughTheSentinelAndTheIdlePower) {
  Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "batch": ["1"],
                            "sentinel": {"model": "s", "every": 1}})")
                  .value();
  const Campaign c = freeze(plan, {"a"}).value();
  std::vector<store::Record> rows;
  for (int hour = 0; hour < 5; ++hour) {
    rows.push_back(row("s", 2.0 + 0.02 * hour, fmt::format("2026-11-25T1{}:00:00Z", hour)));
    rows.back().idle_w = 80.0 - hour;
    rows.push_back(rows.back());  // another row of the same lot
    rows.back().architecture = rows.back().model = "a";
  }
  const Tally t = tally(c, rows);
  EXPECT_NEAR(t.sentinel.slope.value(), 0.01, 1e-12);
  EXPECT_NEAR(t.sentinel.slope_ci95.value(), 0.0, 1e-9);
  EXPECT_THAT(t.idle_w.values, ElementsAre(80.0, 79.0, 78.0, 77.0, 76.0));
  EXPECT_NEAR(t.idle_w.slope.value(), -1.0, 1e-12);
}

TEST(Tally, DevicesThatDifferAreNoDrift) {
  Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "batch": ["1"],
                            "sentinel": {"model": "s", "every": 1}})")
                  .value();
  const Campaign c = freeze(plan, {"a"}).value();
  std::vector<store::Record> rows;
  for (int hour = 0; hour < 6; ++hour) {
    // The second uses more, is idle at more, and both fall by 1 W an hour.
    const int device = hour % 2;
    rows.push_back(row("s", (1.0 + 0.1 * device) * (2.0 + 0.02 * hour),
                       fmt::format("2026-11-25T1{}:00:00Z", hour)));
    rows.back().idle_w = 80.0 + 10.0 * device - hour;
    rows.back().board = fmt::format("GPU-{}", device);
  }
  const Tally t = tally(c, rows);
  EXPECT_EQ(t.idle_w.devices, 2u);
  EXPECT_THAT(t.idle_w.values, ElementsAre(80.0, 89.0, 78.0, 87.0, 76.0, 85.0));
  EXPECT_NEAR(t.idle_w.slope.value(), -1.0, 1e-12);
  EXPECT_NEAR(t.idle_w.slope_ci95.value(), 0.0, 1e-9);
  EXPECT_DOUBLE_EQ(t.sentinel.values[1], 1.0) << "each device's own first";
  EXPECT_NEAR(t.sentinel.values[2], 2.04 / 2.0, 1e-12);
}

TEST(ExportAnswer, IsTheLastLineAndInTheOrderThatWasAskedFor) {
  const std::string answer =
      "UserWarning: something\n"
      R"({"models": [{"model": "a", "status": "exported"}, {"model": "a", "status": "failed", "stage": "trace", "error": "no"}]})"
      "\n\n";
  const std::vector<Artefact> asked = {{"a", 0}, {"a", 2}};
  EXPECT_THAT(parse_export_answer(answer, asked).value(),
              ElementsAre(Pair(Artefact{"a", 2}, "trace: no")));
  EXPECT_THAT(parse_export_answer(answer, {{"a", 0}, {"c", 0}}).error().what,
              HasSubstr("nothing of c"));
  EXPECT_THAT(parse_export_answer(answer, {{"a", 0}}).error().what, HasSubstr("speaks of 2"));
  for (const char* wrong : {"", "\n", "{}", "[]", "7", R"({"models": 7})", "Killed"}) {
    EXPECT_FALSE(parse_export_answer(wrong, {{"a", 0}})) << wrong;
  }
  EXPECT_FALSE(parse_export_answer(R"({"models": [7]})", {{"a", 0}}));
  EXPECT_FALSE(parse_export_answer(R"({"models": [{}]})", {{"a", 0}}));
}

TEST(ExportList, NamesWhatEachVariantNames) {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["a"], "batch": ["1"], "variants": [
      {"format": "torchscript", "precision": "fp16", "layout": "channels_last", "input_size": 224},
      {"format": "aoti", "precision": "fp32", "layout": "contiguous", "batches": "1,64", "input_size": 160}]})")
                        .value();
  const auto list = nlohmann::json::parse(export_list(plan, {{"a", 1}, {"b", 0}}));
  EXPECT_EQ(list, nlohmann::json::parse(R"([
      {"model": "a", "format": "aoti", "precision": "fp32", "layout": "contiguous", "batch": "1,64", "input_size": 160},
      {"model": "b", "format": "torchscript", "precision": "fp16", "layout": "channels_last", "input_size": 224}])"));
}

store::Record sound() {
  store::Record r;
  r.status = "ok";
  r.method = "4";
  for (int i = 0; i < 4; ++i) r.windows.push_back({0.5 * i, 0.5, 50.0 + i, 100.0, {}});
  r.windows_count = 4;
  r.seconds = 2.0;
  r.energy_j_per_image = 206.0 / 400.0;
  r.images_per_s = 200.0;
  r.power_w = 103.0;
  r.idle_w = 10.0;
  r.energy_net_j_per_image = (206.0 - 20.0) / 400.0;
  r.systematic_terms = {{"sensor", 0.03}, {"edges", 0.04}};
  r.systematic_rel = 0.05;
  const std::vector<double> per_image = {0.50, 0.51, 0.52, 0.53};
  r.ci95_rel = measure::mean_interval(per_image)->relative();
  return r;
}

TEST(Verify, EveryNumberFollowsOrIsNamed) {
  EXPECT_EQ(unsound(sound()), std::nullopt);
  const auto changed = [](const auto& change) {
    store::Record r = sound();
    change(r);
    return unsound(r).value_or("");
  };
  using R = store::Record;
  EXPECT_THAT(changed([](R& r) { *r.energy_j_per_image *= 1.001; }),
              HasSubstr("energy_j_per_image"));
  EXPECT_THAT(changed([](R& r) { *r.energy_net_j_per_image += 1; }), HasSubstr("energy_net"));
  EXPECT_THAT(changed([](R& r) { *r.images_per_s = 1; }), HasSubstr("images_per_s"));
  EXPECT_THAT(changed([](R& r) { r.power_w.reset(); }), HasSubstr("power_w is missing"));
  EXPECT_THAT(changed([](R& r) { r.windows_count = 3; }), HasSubstr("windows is not 4"));
  EXPECT_THAT(changed([](R& r) { *r.systematic_rel = 0.01; }), HasSubstr("systematic_rel"));
  EXPECT_THAT(changed([](R& r) { *r.ci95_rel *= 2; }), HasSubstr("ci95_rel"));
  EXPECT_THAT(changed([](R& r) { r.windows.clear(); }), HasSubstr("no windows"));
  EXPECT_THAT(changed([](R& r) { r.status = "unstable"; }), HasSubstr("has an energy"));
  EXPECT_THAT(changed([](R& r) {
                r.status = "unstable";
                r.energy_j_per_image.reset();
              }),
              IsEmpty());
}

}  // namespace
}  // namespace joulemark::campaign

#include "analysis/budget.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::row;

Row tested(const std::string& architecture, double joules, double top1) {
  Row r = row(architecture, joules, top1);
  catalogue::Evaluation e{architecture, "best", 224, 0.95, "bicubic", {}};
  e.on[0] = catalogue::Accuracy{top1, top1 + 5.0};
  e.on[4] = catalogue::Accuracy{top1 - 60.0, top1 - 30.0};
  r.weights_tested.push_back({architecture + ".best", e, {}, "in21k", "cc-by-nc"});
  e.tag = "plain";
  e.on[0] = catalogue::Accuracy{top1 - 2.0, top1 + 3.0};
  e.on[4] = std::nullopt;
  r.weights_tested.push_back({architecture + ".plain", e, {}, "in1k", "apache-2.0"});
  r.images_per_s = 10.0 / joules;
  r.latency_ms_p99 = 1000.0 * joules;
  r.parameters_m = 1000.0 * joules;
  r.kind = "CNN";
  return r;
}

std::vector<Row> rows() {
  std::vector<Row> all = {tested("small", 0.005, 75.0), tested("middle", 0.010, 80.0),
                          tested("twin", 0.0101, 80.1), tested("large", 0.040, 85.0),
                          tested("waste", 0.060, 84.0)};
  all[3].kind = "transformer";
  return all;
}

Answer answer(const Wanted& wanted, const std::vector<Row>& of) {
  auto a = within_budget(of, "throughput", wanted);
  EXPECT_TRUE(a) << a.error().message();
  return *a;
}

std::vector<std::string> names(const Answer& a) {
  std::vector<std::string> out;
  for (const Pick& o : a.picks) out.push_back(o.row->architecture);
  return out;
}

TEST(Budget, RanksWhatKeepsAllLimits) {
  const auto all = rows();
  Wanted w;
  w.min_top1 = 79.0;
  EXPECT_THAT(names(answer(w, all)), ElementsAre("middle", "twin", "large", "waste"));
  w.by = By::accuracy;
  EXPECT_THAT(names(answer(w, all)), ElementsAre("large", "waste", "twin", "middle"));
  w.by = By::throughput;
  w.max_joules = 0.050;
  EXPECT_THAT(names(answer(w, all)), ElementsAre("middle", "twin", "large"));
  w.min_images_per_s = 500.0;
  w.kind = catalogue::Kind::cnn;
  w.max_latency_ms = 10.05;
  w.max_parameters_m = 20.0;
  EXPECT_THAT(names(answer(w, all)), ElementsAre("middle"));
}

TEST(Budget, SaysWhyOthersComeLater) {
  const auto all = rows();
  Wanted w;
  w.min_top1 = 79.0;
  const Answer a = answer(w, all);
  EXPECT_FALSE(a.picks[0].beside);
  EXPECT_EQ(why_behind(a.picks[0], w.by), "");
  EXPECT_NEAR(a.picks[2].beside->times, 4.0, 1e-12);
  EXPECT_NEAR(a.picks[2].beside->ci95.high, 4.0 * std::exp(std::hypot(0.01, 0.01)), 1e-9);
  EXPECT_THAT(why_behind(a.picks[1], w.by), HasSubstr("takes 1.01 times (95 %: 0.996 to 1.02)"));
  EXPECT_THAT(why_behind(a.picks[1], w.by),
              HasSubstr("0.10 ± 0.50 points more accurate, which cannot be told apart"));
  EXPECT_THAT(why_behind(a.picks[2], w.by), HasSubstr("takes 4.00 times"));
  EXPECT_THAT(why_behind(a.picks[2], By::throughput), HasSubstr("0.25 times the throughput"));
  EXPECT_THAT(why_behind(a.picks[2], By::accuracy), ::testing::StartsWith("5.00 ± "));
}

TEST(Budget, MarksWhatKeepsALimitByLessThanItIsKnown) {
  const auto all = rows();
  Wanted w;
  w.min_top1 = 79.9;
  w.max_joules = 0.0101;
  const Answer a = answer(w, all);
  ASSERT_THAT(names(a), ElementsAre("middle", "twin"));
  EXPECT_THAT(a.picks[0].uncertain, ElementsAre(Limit::accuracy, Limit::energy))
      << "1.4 % with the sensor's term, which a limit does not share";
  w.min_top1 = 70.0;
  w.max_joules = 0.0102;
  EXPECT_THAT(answer(w, all).picks[0].uncertain, IsEmpty());
}

TEST(Budget, NamesTheNearestOfThoseThatOneLimitKeepsOut) {
  const auto all = rows();
  Wanted w;
  w.min_top1 = 84.5;
  w.max_joules = 0.010;
  const Answer a = answer(w, all);
  EXPECT_THAT(a.picks, IsEmpty());
  ASSERT_EQ(a.near.size(), 2U);
  EXPECT_EQ(a.near[0].limit, Limit::accuracy);
  EXPECT_EQ(a.near[0].row->architecture, "middle");
  EXPECT_EQ(a.near[0].of, 2U) << "small and middle";
  EXPECT_EQ(a.near[1].limit, Limit::energy);
  EXPECT_EQ(a.near[1].row->architecture, "large");
  EXPECT_EQ(a.near[1].value, 0.040);
}

TEST(Budget, TakesTheBestWeightsOnTheImagesAndWithTheLicence) {
  auto all = rows();
  Wanted w;
  w.licence = "apache*";
  w.min_top1 = 80.0;
  const Answer a = answer(w, all);
  EXPECT_THAT(names(a), ElementsAre("large", "waste")) << "two points less with these weights";
  EXPECT_EQ(a.picks[0].weights.model, "large.plain");
  w.licence = "gpl";
  EXPECT_THAT(answer(w, all).picks, IsEmpty());
  Wanted on_a;
  on_a.on = catalogue::TestSet::a;
  on_a.min_top1 = 22.0;
  EXPECT_THAT(names(answer(on_a, all)), ElementsAre("large", "waste"));
  for (Row& r : all) r.weights_tested[0].tested.on[4].reset();
  EXPECT_EQ(answer(on_a, all).models, 0U) << "nothing was tested on it";
}

TEST(Budget, WhatIsNotKnownKeepsNoLimit) {
  auto all = rows();
  for (Row& r : all) {
    r.latency_ms_p99.reset();
    r.images_per_s.reset();
  }
  Wanted w;
  w.max_latency_ms = 1e6;
  EXPECT_THAT(answer(w, all).picks, IsEmpty());
  EXPECT_THAT(answer(w, all).near, IsEmpty()) << "none is nearest";
  Wanted any;
  any.by = By::throughput;
  EXPECT_THAT(why_behind(answer(any, all).picks[1], any.by), HasSubstr("not known"));
}

TEST(Budget, RefusesLimitsThatNothingCanKeep) {
  const auto all = rows();
  const auto refuses = [&](const Wanted& w) { return !within_budget(all, "throughput", w); };
  Wanted w;
  w.min_top1 = 120.0;
  EXPECT_TRUE(refuses(w));
  w.min_top1 = 80.0;
  w.max_joules = 0.0;
  EXPECT_TRUE(refuses(w));
  w.max_joules = std::nan("");
  EXPECT_TRUE(refuses(w));
  EXPECT_FALSE(within_budget({}, "throughput", {})) << "no rows";
  auto shares = rows();
  shares[0].top1 = 0.75;
  EXPECT_FALSE(within_budget(shares, "throughput", {}));
}

}  // namespace
}  // namespace joulemark::analysis

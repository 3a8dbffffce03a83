#include "analysis/predict.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using ::testing::HasSubstr;
using testing::row;

/// Forty models of ten families: energy is 0.002 GMACs^0.7 times what a wave of +-10 % makes of it,
/// and every machine runs them at 1,000 images/s over that energy.
std::vector<Row> zoo(bool with_speeds) {
  std::vector<Row> rows;
  for (int i = 0; i < 40; ++i) {
    const double gmacs = 0.5 * std::pow(1.12, i);
    const double joules = 0.002 * std::pow(gmacs, 0.7) * (1.0 + 0.1 * std::sin(1.7 * i));
    Row r = row("m" + std::to_string(100 + i), joules);
    r.family = "f" + std::to_string(i % 10);
    r.gmacs = gmacs;
    r.activations_m = 3.0 * gmacs;
    r.parameters_m = 20.0 + (i * 7) % 13;
    if (with_speeds) r.published_speeds.fill(1.0 / joules);
    rows.push_back(std::move(r));
  }
  return rows;
}

std::vector<const Row*> pointers(const std::vector<Row>& rows) {
  std::vector<const Row*> all;
  for (const Row& r : rows) all.push_back(&r);
  return all;
}

TEST(Predictor, FindsWhatMadeTheEnergy) {
  const auto rows = zoo(true);
  const Predictor predictor(pointers(rows));
  Row unknown = rows[17];
  unknown.energy_j_per_image.reset();
  const auto p = predictor.predict(unknown);
  ASSERT_TRUE(p) << p.error().message();
  EXPECT_NEAR(p->joules / *rows[17].energy_j_per_image, 1.0, 0.02);
  EXPECT_EQ(p->n, 40U);
  EXPECT_TRUE(p->has_speeds);
  EXPECT_FALSE(p->is_beyond);
  EXPECT_GT(p->rel_95, p->rel_90);
}

TEST(Predictor, TakesCountsWhereNoSpeedIsPublished) {
  const auto rows = zoo(true);
  const Predictor predictor(pointers(rows));
  Row unknown = zoo(false)[17];
  const auto p = predictor.predict(unknown);
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->has_speeds);
  EXPECT_NEAR(p->joules / *rows[17].energy_j_per_image, 1.0, 0.15);
  const auto with = predictor.predict(rows[17]);
  EXPECT_GT(p->rel_90, with->rel_90) << "less is known, so less is promised";
}

TEST(Predictor, TakesCountsWhereTooFewMeasuredModelsHaveASpeed) {
  auto rows = zoo(false);
  for (int i = 0; i < 5; ++i) rows[static_cast<std::size_t>(i)].published_speeds.fill(100.0);
  const Predictor predictor(pointers(rows));
  const auto p = predictor.predict(rows[2]);
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->has_speeds);
  EXPECT_EQ(p->n, 40U);
}

TEST(Predictor, SaysWhatIsBeyondTheMeasuredModels) {
  const auto rows = zoo(false);
  const Predictor predictor(pointers(rows));
  Row huge = rows.back();
  huge.gmacs = 10.0 * *huge.gmacs;
  EXPECT_TRUE(predictor.predict(huge)->is_beyond);
  EXPECT_FALSE(predictor.predict(rows[20])->is_beyond);
}

TEST(Predictor, SaysWhyItCannot) {
  auto rows = zoo(false);
  Row nothing = row("unknown", 1.0);
  const auto unknown = Predictor(pointers(rows)).predict(nothing);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::not_found);
  EXPECT_THAT(unknown.error().what, HasSubstr("nothing is published that it goes with"));
  rows.resize(kFewestToLearn - 1);
  const auto few = Predictor(pointers(rows)).predict(rows[3]);
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().what, HasSubstr("fewer than 20 measured models"));
}

TEST(Predictor, TakesNoCountThatCannotBe) {
  const auto rows = zoo(false);
  const Predictor predictor(pointers(rows));
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    Row broken = rows[5];
    broken.gmacs = bad;
    const auto p = predictor.predict(broken);
    ASSERT_TRUE(p) << bad;
    EXPECT_TRUE(std::isfinite(p->joules)) << bad;
  }
}

TEST(Predictor, IsJudgedByFamiliesAndByTenths) {
  const auto rows = zoo(true);
  const Predictor predictor(pointers(rows));
  const auto family = predictor.without_family(false);
  const auto tenth = predictor.without_tenth(false);
  ASSERT_TRUE(family && tenth);
  EXPECT_EQ(family->residuals.size(), 40U);
  EXPECT_EQ(family->models[3], &rows[3]);
  EXPECT_GT(family->median(), 0.02);
  EXPECT_LT(family->median(), 0.15);
  EXPECT_GE(family->covered_90(), 0.8);
  const auto with_speeds = predictor.without_family(true);
  ASSERT_TRUE(with_speeds);
  EXPECT_LT(with_speeds->median(), family->median());
}

/// A family that is unlike all others is predicted worse than by its relatives.
TEST(Predictor, LeavesFamiliesOutWhole) {
  auto rows = zoo(false);
  for (Row& r : rows) {
    if (r.family == "f3") *r.energy_j_per_image *= 4.0;
  }
  const auto errors = Predictor(pointers(rows)).without_family(false);
  ASSERT_TRUE(errors);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].family != "f3") continue;
    EXPECT_GT(errors->residuals[i], 1.5) << i;
  }
}

}  // namespace
}  // namespace joulemark::analysis

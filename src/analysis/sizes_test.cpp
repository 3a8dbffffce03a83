#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using ::testing::ElementsAre;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using testing::inputs_of;
using ::testing::IsEmpty;
using testing::ran;
using testing::weights_of;

std::vector<Row> power_of_pixels(const std::string& model, double power, double wobble = 0.0) {
  std::vector<std::pair<int, double>> sides;
  for (const int side : {112, 160, 224, 320}) {
    const double noise = side == 160 || side == 224 ? 1.0 + wobble : 1.0 - wobble;
    sides.emplace_back(side, noise * 1e-6 * std::pow(side * side, power));
  }
  return inputs_of(model, sides);
}

std::vector<Row> joined(std::vector<Row> a, const std::vector<Row>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(Sizes, FindThePower) {
  const Outcome o = ran(sizes, joined(power_of_pixels("a", 1.2), power_of_pixels("b", 0.9)));
  EXPECT_EQ(o.n, 2U);
  EXPECT_NEAR(find(o, "exponent", "a")->value, 1.2, 1e-9);
  EXPECT_EQ(find(o, "exponent", "a")->n, 4U);
  EXPECT_NEAR(find(o, "median_exponent")->value, 1.05, 1e-9);
  EXPECT_FALSE(find(o, "median_exponent")->ci95) << "two models";
  EXPECT_EQ(find(o, "more_than_proportional")->value, 1.0);
  EXPECT_EQ(find(o, "less_than_proportional")->value, 1.0);
  EXPECT_THAT(
      all_text(o.sentences),
      HasSubstr("The exponent is above 1 for a (1.20). The exponent is below 1 for b (0.900)."));
  EXPECT_THAT(all_text(o.sentences), HasSubstr("No weights were tested at two of these sizes"));
}

TEST(Sizes, SayWhenProportionalIsWithinTheInterval) {
  const Outcome o = ran(sizes, power_of_pixels("a", 1.05, 0.1));
  const Value* exponent = find(o, "exponent", "a");
  EXPECT_TRUE(exponent->ci95->low < 1.0 && 1.0 < exponent->ci95->high);
  EXPECT_EQ(find(o, "perhaps_proportional")->value, 1.0);
}

TEST(Sizes, OfTenModelsHaveAnIntervalOfTheMedian) {
  std::vector<Row> rows;
  for (int i = 0; i < 10; ++i) {
    rows = joined(rows, power_of_pixels("m" + std::to_string(i), 1.1 + 0.01 * i));
  }
  const Outcome o = ran(sizes, rows);
  const auto& ci95 = find(o, "median_exponent")->ci95;
  ASSERT_TRUE(ci95);
  EXPECT_TRUE(1.1 <= ci95->low && ci95->high <= 1.19);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("energy; that is more than proportional."));
}

/// Of two sets of weights, the one that was tested at more of the sizes.
TEST(Sizes, TellAccuracyOfTheSameWeights) {
  std::vector<Row> rows = power_of_pixels("a", 1.0);
  rows[0].weights_tested = {weights_of("a.one", 85.0)};
  rows[1].weights_tested = {weights_of("a.two", 78.0)};
  rows[3].weights_tested = {weights_of("a.two", 80.0)};
  const Outcome o = ran(sizes, rows);
  const Value* points = find(o, "points_per_doubling", "a.two");
  ASSERT_NE(points, nullptr);
  EXPECT_NEAR(points->value, 1.0, 1e-9) << "two points for four times the pixels";
  EXPECT_NEAR(points->ci95->high - 1.0, std::hypot(top1_ci95(78.0), top1_ci95(80.0)) / 2.0, 1e-9);
  EXPECT_EQ(find(o, "points_per_doubling", "a.one"), nullptr);
  EXPECT_THAT(column(o, "imagenet_top1"), ElementsAre(Cell(), Cell(78.0), Cell(), Cell(80.0)));
}

TEST(Sizes, OfTwoSizesAreTooFewToSay) {
  const Outcome o = ran(sizes, inputs_of("a", {{224, 0.1}, {288, 0.2}}));
  EXPECT_TRUE(o.too_few);
  EXPECT_THAT(o.sentences[0],
              HasSubstr("no model of this setup was measured at three input sizes"));
  EXPECT_THAT(o.values, IsEmpty());
  EXPECT_EQ(find_left_out(o, "few_input_sizes")->which.size(), 2U);
}

TEST(Sizes, TakeTheSetupWithMostModelsAtSeveralSizes) {
  std::vector<Row> rows = power_of_pixels("a", 1.0);
  for (Row& r : rows) r.setup = "few models";
  for (int i = 0; i < 9; ++i) rows.push_back(testing::row("m" + std::to_string(i), 0.1));
  EXPECT_EQ(ran(sizes, rows).setup, "few models");
}

}  // namespace
}  // namespace joulemark::analysis

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using testing::find;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ran;
using testing::row;

TEST(Returns, PricesTheLastPointAndEveryPoint) {
  const Outcome o = ran(returns, {row("a", 0.01, 70.0), row("b", 0.02, 71.0), row("c", 0.05, 72.0),
                                  row("dominated", 0.06, 71.5)});
  EXPECT_EQ(o.n, 3U);
  EXPECT_DOUBLE_EQ(find(o, "last_point_times")->value, 2.5);
  EXPECT_NEAR(find(o, "last_point_joules")->value, 0.03, 1e-12);
  EXPECT_DOUBLE_EQ(find(o, "whole_frontier_times")->value, 5.0);
  // Two intervals of 1 % make one of 1.4 %, in the logarithm.
  EXPECT_NEAR(find(o, "last_point_times")->ci95->high, 2.5 * std::exp(std::hypot(0.01, 0.01)),
              1e-12);
  const auto marginal = column(o, "marginal_j_per_point");
  ASSERT_EQ(marginal.size(), 3U);
  EXPECT_EQ(marginal[0], Cell());
  EXPECT_NEAR(std::get<double>(marginal[1]), 0.01, 1e-12);
  EXPECT_NEAR(std::get<double>(marginal[2]), 0.03, 1e-12);
  const Value* dearest = find(o, "marginal_joules", "71 % -> 72 %");
  EXPECT_NEAR(dearest->value, 0.03, 1e-12);
  EXPECT_NEAR(dearest->ci95->low, 0.03 - std::hypot(0.02 * 0.01, 0.05 * 0.01), 1e-12);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("71 % -> 72 %, takes 30.0 mJ more per image"));
  EXPECT_THAT(all_text(o.sentences), HasSubstr("Too few members of the frontier (3) to fit"));
  EXPECT_EQ(find(o, "aicc_difference"), nullptr);
}

TEST(Returns, APointThatOneModelCoversCostsNothingMore) {
  const Outcome o = ran(returns, {row("a", 0.01, 70.0), row("b", 0.02, 72.5)});
  const auto marginal = column(o, "marginal_j_per_point");  // 70, 71 and 72 %
  ASSERT_EQ(marginal.size(), 3U);
  EXPECT_NEAR(std::get<double>(marginal[1]), 0.01, 1e-12);
  EXPECT_EQ(std::get<double>(marginal[2]), 0.0);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("last point of accuracy costs cannot be said"));
  EXPECT_EQ(find(o, "last_point_times"), nullptr);
}

TEST(Returns, FindTheFormThatMadeTheFrontier) {
  std::vector<Row> rows;
  for (int i = 0; i < 14; ++i) {
    const double error = 0.12 + 0.02 * i;
    const double wobble = i % 2 == 0 ? 1.01 : 0.99;
    rows.push_back(row("m" + std::to_string(i),
                       wobble * std::exp2(-9.0 - 2.0 * std::log2(error - 0.1)),
                       100.0 * (1.0 - error)));
  }
  const Outcome o = ran(returns, rows);
  EXPECT_EQ(o.n, 14U);
  EXPECT_NEAR(find(o, "floored_power_gamma")->value, 2.0, 0.05);
  EXPECT_NEAR(find(o, "floored_power_floor")->value, 0.1, 0.002);
  const auto& ci95 = find(o, "floored_power_gamma")->ci95;
  ASSERT_TRUE(ci95);
  EXPECT_TRUE(ci95->low < 2.0 && 2.0 < ci95->high);
  EXPECT_LT(find(o, "aicc_difference")->value, -10.0);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("the floored power law is clearly better (n = 14)"));
}

/// Energies on three power laws without a floor, a tenth, eight tenths and a tenth of the models.
TEST(Returns, FitQuantilesOfAllModels) {
  std::vector<Row> rows;
  for (int i = 0; i < 110; ++i) {
    const double error = 0.12 + 0.002 * i;
    // From 80 to 85 % the error falls to 3/4.
    const double gamma = i % 10 == 0 ? 3.0 : i % 10 == 5 ? 1.0 : 2.0;
    const double times = i % 10 == 0 ? 0.1 : i % 10 == 5 ? 10.0 : 1.0;
    rows.push_back(row("m" + std::to_string(i),
                       0.01 * times * std::pow(error / 0.2, -gamma) * (1.0 + 0.001 * (i % 7)),
                       100.0 * (1.0 - error)));
  }
  const Outcome o = ran(returns, rows);
  const Value* times = find(o, "quantile_times_80_to_85", "0.5");
  ASSERT_NE(times, nullptr);
  EXPECT_EQ(times->n, 110U) << "of all models, not of members of the frontier";
  EXPECT_NEAR(times->value, std::pow(4.0 / 3.0, 2.0), 0.02);
  ASSERT_TRUE(times->ci95);
  EXPECT_TRUE(times->ci95->low <= times->value && times->value <= times->ci95->high);
  EXPECT_NEAR(find(o, "quantile_gamma", "0.5")->value, 2.0, 0.05);
  EXPECT_NE(find(o, "quantile_gamma", "0.1"), nullptr);
  EXPECT_NE(find(o, "quantile_aic_difference", "0.9"), nullptr);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("From 80 to 85 % top-1, energy grows"));
}

TEST(Returns, SayNothingByQuantilesOfFewModels) {
  std::vector<Row> rows;
  for (int i = 0; i < 49; ++i)
    rows.push_back(row("m" + std::to_string(i), 0.01 + i, 70.0 + 0.4 * i));
  EXPECT_THAT(all_text(ran(returns, rows).sentences),
              HasSubstr("Nothing is said by quantiles of energy: that needs 50 models"));
}

TEST(Returns, OfOneAccuracyAreTooFewToSay) {
  for (const auto& rows : {std::vector<Row>{row("a", 0.01, 70.0)},
                           std::vector<Row>{row("a", 0.01, 70.0), row("b", 0.01, 70.0)},
                           std::vector<Row>{row("a", 0.01, 70.0), row("b", 0.02, 69.0)}}) {
    const Outcome o = ran(returns, rows);
    EXPECT_TRUE(o.too_few);
    EXPECT_THAT(o.values, IsEmpty());
  }
}

}  // namespace
}  // namespace joulemark::analysis

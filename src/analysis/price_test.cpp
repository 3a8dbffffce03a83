#include "analysis/price.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::row;

struct Models : ::testing::Test {
  std::vector<Row> rows = {row("a", 0.01, 70.0), row("b", 0.02, 71.0), row("c", 0.05, 72.0),
                           row("dominated", 0.06, 71.5)};
  Prices prices() const {
    Prices all;
    for (const Row& r : rows) all.push_back({&r, *r.top1});
    return all;
  }
};

TEST_F(Models, CheapestWithAnAccuracy) {
  const Prices all = prices();
  EXPECT_EQ(cheapest_with(all, 70.5)->row->architecture, "b");
  EXPECT_EQ(cheapest_with(all, 71.0)->row->architecture, "b") << "at least";
  EXPECT_EQ(cheapest_with(all, 72.5), nullptr);
}

TEST_F(Models, FrontierIsCheapestFirst) {
  std::ranges::reverse(rows);
  const auto frontier = frontier_of(prices());
  ASSERT_TRUE(frontier);
  ASSERT_EQ(frontier->size(), 3U);
  EXPECT_EQ(frontier->front().row->architecture, "a");
  EXPECT_EQ(frontier->back().row->architecture, "c");
}

TEST_F(Models, LastPointIsFromTheCheapestWithinAPoint) {
  const auto frontier = *frontier_of(prices());  // which the point refers to
  const auto last = last_point(frontier);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->below->row->architecture, "b");
  EXPECT_DOUBLE_EQ(last->step.times, 2.5);
  rows = {row("a", 0.01, 70.0), row("b", 0.05, 72.0), row("its equal", 0.05, 72.0)};
  EXPECT_FALSE(last_point(*frontier_of(prices()))) << "equals are no cheaper";
  EXPECT_FALSE(last_point({}));
}

TEST_F(Models, PricesAreOfWholePercents) {
  rows[0].top1 = 69.2;
  const auto frontier = *frontier_of(prices());
  const auto points = prices_by_point(frontier);
  ASSERT_EQ(points.size(), 3U);  // 70, 71 and 72 %
  EXPECT_EQ(points[0].model->row->architecture, "b");
  EXPECT_FALSE(points[0].more);
  EXPECT_EQ(points[1].more->joules, 0.0) << "the same model covers both";
  EXPECT_NEAR(points[2].more->joules, 0.03, 1e-12);
  EXPECT_TRUE(prices_by_point({}).empty());
}

/// What both rows share does not widen the step; what two boards differ by does.
TEST_F(Models, StepsHaveTheIntervalOfAComparison) {
  const Step s = step(rows[0], rows[1]);
  EXPECT_NEAR(std::log(s.times_ci95.high / s.times), std::hypot(0.01, 0.01), 1e-12);
  EXPECT_NEAR(s.joules_ci95.high - s.joules, std::hypot(0.01 * 0.01, 0.02 * 0.01), 1e-12);
  rows[0].board = "x";
  rows[1].board = "y";
  const Step two = step(rows[0], rows[1]);
  EXPECT_NEAR(std::log(two.times_ci95.high / two.times), std::hypot(0.01, 0.01, kBetweenBoards),
              1e-12);
  rows[1].board = "x";
  rows[0].temperature_c = 55.0;
  rows[1].temperature_c = 45.0;
  const Step warmth = step(rows[0], rows[1]);
  EXPECT_NEAR(std::log(warmth.times_ci95.high / warmth.times), std::hypot(0.01, 0.01, 0.032),
              1e-12);
  EXPECT_NEAR(warmth.joules_ci95.high - warmth.joules, std::hypot(0.0001, 0.0002, 0.00064), 1e-12);
  EXPECT_EQ(step(rows[0], rows[0]).times_ci95.high, 1.0);
}

}  // namespace
}  // namespace joulemark::analysis

#include "base/statistics.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace joulemark {
namespace {

TEST(StudentT, MatchesPublishedTable) {
  EXPECT_NEAR(student_t_95(1), 12.706, 1e-3);
  EXPECT_NEAR(student_t_95(4), 2.776, 1e-3);
  EXPECT_NEAR(student_t_95(30), 2.042, 1e-3);
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  const std::vector<double> v = {4.0, 1.0, 3.0, 2.0};
  EXPECT_DOUBLE_EQ(*quantile(v, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(*quantile(v, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(*quantile(v, 1.0), 4.0);
  EXPECT_FALSE(quantile({}, 0.5));
}

TEST(FitLine, RecoversALine) {
  const std::vector<double> x = {0, 1, 2, 3};
  const std::vector<double> y = {1, 3, 5, 7};
  const auto line = fit_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->slope, 2.0);
  EXPECT_DOUBLE_EQ(line->intercept, 1.0);
  EXPECT_NEAR(line->slope_standard_error, 0.0, 1e-12);
}

TEST(FitLine, NeedsThreePointsAndSomeSpread) {
  const std::vector<double> two = {0, 1};
  const std::vector<double> same = {1, 1, 1};
  EXPECT_FALSE(fit_line(two, two));
  EXPECT_FALSE(fit_line(same, same));
}

}  // namespace
}  // namespace joulemark

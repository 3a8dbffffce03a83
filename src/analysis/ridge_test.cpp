#include "analysis/ridge.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace joulemark::analysis {
namespace {

using ::testing::IsEmpty;

/// y = 2 + 3 a - b, exactly, at twelve places.
struct Plane {
  Features x;
  std::vector<double> y;
  std::vector<std::string> groups;
};
Plane plane() {
  Plane p;
  for (int i = 0; i < 12; ++i) {
    const double a = i;
    const double b = (i * 5) % 7;
    p.x.push_back({a, b});
    p.y.push_back(2.0 + 3.0 * a - b);
    p.groups.push_back(std::to_string(i % 4));
  }
  return p;
}

TEST(Ridge, FindsAPlaneThatIsThere) {
  const Plane p = plane();
  const auto fit = fit_ridge(p.x, p.y);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->penalty, 0.01) << "the least: nothing is noise";
  EXPECT_NEAR(fit->coefficients[0], 3.0, 0.01);
  EXPECT_NEAR(fit->coefficients[1], -1.0, 0.01);
  EXPECT_NEAR(fit->at(p.x[4]), p.y[4], 0.05);
}

TEST(Ridge, DoesNotMindUnits) {
  Plane p = plane();
  const auto before = fit_ridge(p.x, p.y);
  for (auto& row : p.x) row[0] *= 1000.0;
  const auto after = fit_ridge(p.x, p.y);
  ASSERT_TRUE(before && after);
  EXPECT_NEAR(after->at(p.x[3]), before->at(plane().x[3]), 1e-9);
}

TEST(Ridge, DoesNotUseAFeatureThatIsTheSameEverywhere) {
  Plane p = plane();
  for (auto& row : p.x) row.push_back(7.0);
  const auto fit = fit_ridge(p.x, p.y);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->coefficients[2], 0.0);
}

TEST(Ridge, LeftOutResidualsAreLargerThanThoseOfTheFit) {
  Plane p = plane();
  p.y[5] += 10.0;
  const auto fit = fit_ridge(p.x, p.y);
  const auto without = residuals_without_group(p.x, p.y, p.groups);
  ASSERT_TRUE(fit);
  ASSERT_EQ(without.size(), 12U);
  EXPECT_GT(std::abs(without[5]), std::abs(p.y[5] - fit->at(p.x[5])));
}

TEST(Ridge, OfWhatCannotBeFittedIsAbsent) {
  const Plane p = plane();
  EXPECT_FALSE(fit_ridge({}, {}));
  EXPECT_FALSE(fit_ridge({{1.0}, {2.0}}, std::vector{1.0, 2.0}));
  EXPECT_FALSE(fit_ridge(p.x, std::vector<double>(12, 1.0))) << "all the same";
  EXPECT_FALSE(fit_ridge(Features(12, {4.0, 4.0}), p.y)) << "no feature tells them apart";
  EXPECT_FALSE(fit_ridge(p.x, std::vector<double>(11, 1.0))) << "another number";
  Plane bad = plane();
  bad.x[3][1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(fit_ridge(bad.x, bad.y));
  bad = plane();
  bad.x[3].pop_back();
  EXPECT_FALSE(fit_ridge(bad.x, bad.y)) << "rows of two lengths";
  EXPECT_THAT(residuals_without_group(p.x, p.y, std::vector<std::string>(12, "one")), IsEmpty());
  EXPECT_THAT(residuals_without_group(bad.x, bad.y, bad.groups), IsEmpty());
}

}  // namespace
}  // namespace joulemark::analysis

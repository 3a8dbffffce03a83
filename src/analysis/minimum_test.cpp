#include "analysis/minimum.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace joulemark::analysis {
namespace {

constexpr Search kSearch = {16, 26};

double bowl(double x) { return (x - 3.3) * (x - 3.3) + 1.0; }

TEST(Minimum, IsFoundWithinTheLimits) {
  const Minimum m = minimise(bowl, 0.0, 20.0, kSearch);
  EXPECT_NEAR(m.at, 3.3, 1e-6);
  EXPECT_FALSE(m.at_limit);
}

TEST(Minimum, IsALimitWhereTheLossFallsTowardsIt) {
  for (const double expected : {0.0, 2.0, 19.0, 20.0, 1e9, -1e9}) {
    const Minimum low = minimise_from(expected, [](double x) { return x; }, 0.0, 20.0, kSearch);
    EXPECT_EQ(low.at, 0.0) << expected;
    EXPECT_TRUE(low.at_limit) << expected;
  }
  const Minimum high = minimise([](double x) { return -x; }, 0.0, 20.0, kSearch);
  EXPECT_EQ(high.at, 20.0);
  EXPECT_TRUE(high.at_limit);
}

TEST(Minimum, NearWhereItIsExpectedTakesFewerLosses) {
  int losses = 0;
  const auto counted = [&](double x) {
    ++losses;
    return bowl(x);
  };
  const Minimum everywhere = minimise(counted, 0.0, 20.0, kSearch);
  const int of_all = losses;
  losses = 0;
  const Minimum near = minimise_from(4.0, counted, 0.0, 20.0, kSearch);
  EXPECT_NEAR(near.at, everywhere.at, 1e-6);
  EXPECT_LT(losses, of_all - 8);
}

/// What its docstring warns of.
TEST(Minimum, FromAnotherValleyIsThatValleys) {
  const auto two = [](double x) { return std::min(bowl(x), std::abs(x - 15.0)); };
  EXPECT_NEAR(minimise(two, 0.0, 20.0, kSearch).at, 15.0, 1e-5);
  EXPECT_NEAR(minimise_from(4.0, two, 0.0, 20.0, kSearch).at, 3.3, 1e-5);
}

}  // namespace
}  // namespace joulemark::analysis

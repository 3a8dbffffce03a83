#include "measure/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace joulemark::measure {
namespace {

TEST(MeanInterval, OfKnownValues) {
  const std::vector<double> v = {10.0, 12.0, 11.0, 9.0, 13.0};
  const auto interval = mean_interval(v);
  ASSERT_TRUE(interval);
  EXPECT_DOUBLE_EQ(interval->mean, 11.0);
  // s = 1.5811, s / sqrt(5) = 0.7071, t = 2.776; the autocorrelation here is negative.
  EXPECT_NEAR(interval->half_width, 2.776 * 0.70711, 1e-3);
}

TEST(MeanInterval, OneValueHasNone) {
  const std::vector<double> v = {1.0};
  EXPECT_FALSE(mean_interval(v));
}

TEST(MeanInterval, AutocorrelationWidensIt) {
  const std::vector<double> trend = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> mixed = {1, 8, 2, 7, 3, 6, 4, 5};
  EXPECT_GT(mean_interval(trend)->half_width, 1.3 * mean_interval(mixed)->half_width);
}

TEST(MeanInterval, ASlowChangeThatNeighboursHideShowsInGroups) {
  // Four blocks of three that differ: twelve values, but four at most that are independent.
  const std::vector<double> blocks = {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2};
  const std::vector<double> of_blocks = {1, 2, 1, 2};
  EXPECT_GE(mean_interval(blocks)->half_width, mean_interval(of_blocks)->half_width);
  // Three groups are the fewest: five values have none of two.
  const std::vector<double> five = {1, 1, 2, 2, 1};
  const double standard_error = standard_deviation(five) / std::sqrt(5.0);
  const double r = lag1_autocorrelation(five);
  EXPECT_NEAR(mean_interval(five)->half_width,
              student_t_95(4.0) * standard_error * std::sqrt((1 + r) / (1 - r)), 1e-12);
}

/// The claim behind every +-: over many sequences of independent windows, 95 % intervals contain
/// the true mean in about 95 % of the cases.
TEST(MeanInterval, CoversTheTruthAsOftenAsItSays) {
  std::mt19937_64 random(20261124);
  std::normal_distribution<double> noise(100.0, 1.0);
  int covered = 0;
  constexpr int kSequences = 4000;
  for (int i = 0; i < kSequences; ++i) {
    std::vector<double> windows(8);
    for (double& w : windows) w = noise(random);
    const auto interval = mean_interval(windows);
    covered += std::abs(interval->mean - 100.0) <= interval->half_width ? 1 : 0;
  }
  const double share = double(covered) / kSequences;
  // Inflation for chance autocorrelation makes it slightly conservative.
  EXPECT_GT(share, 0.94);
  EXPECT_LT(share, 0.985);
}

}  // namespace
}  // namespace joulemark::measure

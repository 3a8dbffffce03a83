#include "analysis/records.hpp"

#include <gmock/gmock.h>

namespace joulemark::analysis {
namespace {

using ::testing::ElementsAre;

TEST(Records, StandUntilTheyAreBeaten) {
  const std::vector<Entry> entries = {{2016, 5.0}, {2014, 9.0}, {2014, 7.0},
                                      {2016, 5.0}, {2017, 6.0}, {2019, 1.0}};
  const auto records = records_of(entries, 2018);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->first, 2014);
  EXPECT_THAT(records->holders, ElementsAre(2U, 2U, 0U, 0U, 0U)) << "of equals, the first";
  EXPECT_FALSE(records_of(entries, 2013));
  EXPECT_FALSE(records_of({}, 2018));
}

/// One entry a year and group, each by one less.
std::vector<Entry> falling(int years) {
  std::vector<Entry> entries;
  for (int i = 0; i < years; ++i) {
    entries.push_back({2000 + i, 10.0 - i, static_cast<std::size_t>(i)});
  }
  return entries;
}

TEST(Records, HaveATrend) {
  const auto trend = trend_of(falling(12), 2011);
  ASSERT_TRUE(trend && trend->ci95);
  EXPECT_NEAR(trend->slope, -1.0, 1e-12);
  EXPECT_TRUE(trend->ci95->low <= -1.0 && -1.0 <= trend->ci95->high);
  EXPECT_GT(trend_of(falling(12), 2015)->slope, -1.0) << "years without a record count";
}

TEST(Records, OfThreeYearsHaveNoTrend) { EXPECT_FALSE(trend_of(falling(3), 2002)); }

TEST(Records, OfNineGroupsHaveNoInterval) {
  const auto trend = trend_of(falling(9), 2008);
  ASSERT_TRUE(trend);
  EXPECT_FALSE(trend->ci95);
}

/// Ten entries of one group are one draw.
TEST(Records, AreDrawnByGroups) {
  auto entries = falling(12);
  for (Entry& e : entries) e.group = 0;
  const auto trend = trend_of(entries, 2011);
  ASSERT_TRUE(trend);
  EXPECT_FALSE(trend->ci95);
}

}  // namespace
}  // namespace joulemark::analysis

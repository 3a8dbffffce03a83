#include "analysis/records.hpp"

#include <gmock/gmock.h>

#include <cstdint>

namespace joulemark::analysis {
namespace {

using ::testing::ElementsAre;

/// Numbers of a fixed linear congruence: no generator that differs between libraries.
struct Uniform {
  mutable std::uint64_t state = 12345;
  double operator()() const {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11U) * 0x1p-53;
  }
};

/// All in one group, of which no interval is made: fast.
std::vector<Entry> ungrouped(std::vector<Entry> entries) {
  for (Entry& e : entries) e.group = 0;
  return entries;
}

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

/// Where every year is like every other, records still fall, with the number of entries: the share
/// of random orders that do as much tells it from progress.
TEST(Records, TellProgressFromMoreEntries) {
  const Uniform uniform;
  std::vector<Entry> alike;
  for (std::size_t i = 0; i < 60; ++i) {
    alike.push_back({2000 + static_cast<int>(i % 12), 10.0 * uniform(), i});
  }
  const auto none = trend_of(alike, 2011);
  ASSERT_TRUE(none && none->by_chance);
  EXPECT_LT(none->slope, 0.0);
  EXPECT_GT(*none->by_chance, 0.05);
  for (Entry& e : alike) e.price -= 1.5 * (e.year - 2000);
  EXPECT_LT(*trend_of(alike, 2011)->by_chance, 0.01);
}

/// The claim of the interval, on samples whose prices are normal enough: sums of uniform ones.
TEST(Records, HaveAnIntervalThatHoldsTheMeanTrend) {
  const Uniform uniform;
  const auto sample = [&] {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < 30; ++i) {
      const int year = static_cast<int>(11.0 * uniform());
      const double noise = uniform() + uniform() + uniform() + uniform();
      entries.push_back({2000 + year, 2.0 * noise - 0.3 * year, i});
    }
    return entries;
  };
  double sum = 0.0;
  constexpr int kMean = 3000;
  for (int i = 0; i < kMean; ++i) sum += trend_of(ungrouped(sample()), 2010)->slope;
  int held = 0;
  constexpr int kSamples = 40;
  for (int i = 0; i < kSamples; ++i) {
    const auto ci95 = trend_of(sample(), 2010)->ci95;
    held += ci95 && ci95->low <= sum / kMean && sum / kMean <= ci95->high ? 1 : 0;
  }
  EXPECT_GE(held, 33);
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

#include "analysis/correlation.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/intervals.hpp"

namespace joulemark::analysis {
namespace {

using ::testing::ElementsAre;
using Numbers = std::vector<double>;

TEST(Pearson, IsAbsentWhereItHasNoMeaning) {
  const Numbers x = {1, 2, 3};
  EXPECT_TRUE(pearson(x, x));
  EXPECT_FALSE(pearson(Numbers{1, 2}, Numbers{1, 2}));
  EXPECT_FALSE(pearson(x, Numbers{5, 5, 5}));
  EXPECT_FALSE(pearson(Numbers{5, 5, 5}, x));
  EXPECT_FALSE(pearson(x, Numbers{1, std::nan(""), 3}));
  EXPECT_FALSE(pearson(x, Numbers{1, HUGE_VAL, 3}));
  EXPECT_FALSE(pearson(x, Numbers{1, 2}));
  EXPECT_FALSE(pearson({}, {}));
}

TEST(Spearman, SeesOrderOnly) {
  const Numbers x = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(*spearman(x, Numbers{1, 10, 100, 1000}), 1.0);
  EXPECT_DOUBLE_EQ(*spearman(x, Numbers{9, 7, 2, 1}), -1.0);
  EXPECT_FALSE(spearman(x, Numbers{5, 5, 5, 5}));
  EXPECT_FALSE(spearman(x, Numbers{1, std::nan(""), 3, 4}));
}

TEST(Ranks, AreSharedByEquals) {
  EXPECT_THAT(ranks(Numbers{30, 10, 20, 20}), ElementsAre(4.0, 1.0, 2.5, 2.5));
  EXPECT_THAT(ranks(Numbers{7, 7, 7}), ElementsAre(2.0, 2.0, 2.0));
}

TEST(Correlate, HasNoIntervalWhereTooManyDrawsHaveNoCoefficient) {
  // Of four values of which three are equal, a third of all draws has no other one.
  const std::vector<Numbers> xs = {{1, 1, 1, 2}, {5, 5, 5, 5}, {2, 1, 3, 4}};
  const auto c = correlate_each(pearson, xs, Numbers{1, 2, 3, 4});
  ASSERT_EQ(c.size(), 3U);
  ASSERT_TRUE(c[0]);
  EXPECT_FALSE(c[0]->ci95);
  EXPECT_FALSE(c[1]);
  ASSERT_TRUE(c[2]);
  EXPECT_TRUE(c[2]->ci95) << "whatever the others lack";
}

TEST(Correlate, GivesEachTheIntervalThatItHasAlone) {
  const Numbers y = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, z = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
  const std::vector<Numbers> xs = {{2, 7, 1, 8, 2, 8, 1, 8, 2, 8}, {1, 6, 1, 8, 0, 3, 3, 9, 8, 8}};
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const std::span alone(&xs[i], 1);
    const auto equal = [](const auto& a, const auto& b) {
      return a->value == b->value && a->ci95->low == b->ci95->low && a->ci95->high == b->ci95->high;
    };
    EXPECT_TRUE(equal(correlate_each(spearman, xs, y)[i], correlate_each(spearman, alone, y)[0]));
    EXPECT_TRUE(equal(correlate_each_given(xs, y, z)[i], correlate_each_given(alone, y, z)[0]));
  }
}

TEST(SpearmanDifference, IsThatOfBothCoefficients) {
  const Numbers y = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, z = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
  const auto same = spearman_difference(z, z, y);
  ASSERT_TRUE(same && same->ci95);
  EXPECT_EQ(same->value, 0.0);
  EXPECT_EQ(same->ci95->high, 0.0);
  const auto better = spearman_difference(y, z, y);
  EXPECT_DOUBLE_EQ(better->value, 1.0 - *spearman(z, y));
  EXPECT_GT(better->ci95->high, better->value);
  EXPECT_FALSE(spearman_difference(Numbers(10, 1.0), z, y));
}

std::optional<Numbers> sum_of(std::span<const std::size_t> indices) {
  double sum = 0.0;
  for (const std::size_t i : indices) sum += static_cast<double>(i);
  return Numbers{sum};
}

TEST(PartialSpearman, TakesOutWhatThirdValuesTell) {
  // Both go with z alone: the errors of one are 1, 1, 0, 0 ..., of the other 1, 0, 1, 0 ...
  Numbers x, y, z;
  for (int i = 0; i < 40; ++i) {
    z.push_back(i);
    x.push_back(i + 3.0 * (i % 2));
    y.push_back(i + 3.0 * (i / 2 % 2));
  }
  EXPECT_GT(*spearman(x, y), 0.9);
  EXPECT_LT(std::abs(*partial_spearman(x, y, z)), 0.2);
  // No logarithm changes a rank.
  Numbers powers = x;
  for (double& v : powers) v = std::exp2(v);
  EXPECT_DOUBLE_EQ(*partial_spearman(powers, y, z), *partial_spearman(x, y, z));
}

TEST(PartialSpearman, IsAbsentWhereNothingIsLeft) {
  const Numbers x = {1, 2, 3, 4, 5};
  EXPECT_FALSE(partial_spearman(x, Numbers{2, 1, 4, 3, 5}, Numbers{10, 20, 30, 40, 50}));
  EXPECT_FALSE(partial_spearman(x, Numbers{2, 1, 4, 3, 5}, Numbers{1, 1, 1, 1, 1}));
}

TEST(Bootstrap, IsTheSameEveryTime) {
  const auto a = bootstrap(10, sum_of);
  const auto b = bootstrap(10, sum_of);
  const auto other_seed = bootstrap(10, sum_of, 50, 1);
  ASSERT_EQ(a.size(), 1U);
  EXPECT_EQ(a[0].low, b[0].low);
  EXPECT_EQ(a[0].high, b[0].high);
  EXPECT_NE(a[0].low, other_seed[0].low);
  // The same on every machine: the generator and what is made of it are Boost's.
  const auto one = bootstrap(10, sum_of, 1);
  EXPECT_EQ(one[0].low, 33.0);
}

TEST(Bootstrap, OfNothingIsNothing) {
  EXPECT_TRUE(bootstrap(0, sum_of).empty());
  EXPECT_TRUE(bootstrap(10, sum_of, 0).empty());
}

/// The claim of an interval: over many samples, 95 % of them hold the true value. Percentile
/// intervals of small samples are known to be somewhat narrow.
TEST(Bootstrap, HoldsTheTruthAboutAsOftenAsItSays) {
  // Values of a fixed linear congruence, for a share: no generator that differs between libraries.
  std::uint64_t state = 12345;
  const auto uniform = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11U) * 0x1p-53;
  };
  int held = 0;
  constexpr int kSamples = 300;
  for (int i = 0; i < kSamples; ++i) {
    Numbers values(40);
    for (double& v : values) v = uniform();
    const auto interval = bootstrap(
        values.size(),
        [&](std::span<const std::size_t> indices) -> std::optional<Numbers> {
          double sum = 0.0;
          for (const std::size_t k : indices) sum += values[k];
          return Numbers{sum / static_cast<double>(indices.size())};
        },
        400);
    held += interval[0].low <= 0.5 && 0.5 <= interval[0].high ? 1 : 0;
  }
  EXPECT_GT(held, 0.91 * kSamples);
  EXPECT_LT(held, 0.985 * kSamples);
}

TEST(Orders, CountTheOneThatThereIs) {
  const auto first_stays = [](std::span<const std::size_t> order) { return order[0] == 0; };
  EXPECT_NEAR(share_of_orders(4, first_stays), 0.25, 0.03);
  EXPECT_DOUBLE_EQ(share_of_orders(4, [](auto) { return false; }, 99), 0.01);
  EXPECT_DOUBLE_EQ(share_of_orders(4, [](auto) { return true; }), 1.0);
}

TEST(GeometricMean, IsAbsentForTooFewOrNoRatios) {
  EXPECT_TRUE(geometric_mean(Numbers{1, 2, 4}));
  EXPECT_FALSE(geometric_mean(Numbers{1, 2}));
  EXPECT_FALSE(geometric_mean(Numbers{1, 2, 0}));
  EXPECT_FALSE(geometric_mean(Numbers{1, 2, -1}));
  EXPECT_FALSE(geometric_mean(Numbers{1, 2, std::nan("")}));
}

TEST(GeometricMean, OfHalvesAndDoublesIsOne) {
  const auto g = geometric_mean(Numbers{0.5, 2.0, 1.0});
  EXPECT_DOUBLE_EQ(g->mean, 1.0);
  EXPECT_LT(g->ci95.low, 1.0);
  EXPECT_GT(g->ci95.high, 1.0);
}

TEST(Median, HasAnIntervalFromSixValuesOn) {
  EXPECT_FALSE(median({}));
  EXPECT_FALSE(median(Numbers(5, 1.0))->ci95);
  const auto m = median(Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_DOUBLE_EQ(m->value, 5.5);
  ASSERT_TRUE(m->ci95);
  EXPECT_EQ(m->ci95->low, 2.0) << "one of ten heads or none: 1 % each";
  EXPECT_EQ(m->ci95->high, 9.0);
}

}  // namespace
}  // namespace joulemark::analysis

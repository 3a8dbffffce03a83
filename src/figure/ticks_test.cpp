#include "figure/ticks.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace joulemark::figure {
namespace {

using ::testing::ElementsAre;

const Axis kJoules{"energy", "J", Scale::logarithmic};
const Axis kPercent{"top-1", "%"};
const Axis kRatio{"ratio", "1", Scale::logarithmic};
const Axis kBatch{"batch", "images", Scale::powers_of_two};

Fits at_most(std::size_t n) {
  return [n](const std::vector<Tick>& t) { return t.size() <= n; };
}

std::vector<std::string> texts(const Ticks& t) {
  std::vector<std::string> out;
  for (const Tick& tick : t.major) out.push_back(tick.text);
  return out;
}

TEST(TicksTest, OfAnEnergyAreOneTwoFiveWithItsUnit) {
  EXPECT_THAT(texts(ticks(kJoules, {0.09, 2.1}, at_most(9))),
              ElementsAre("100 mJ", "200 mJ", "500 mJ", "1 J", "2 J"));
}

TEST(TicksTest, ThinOutToPowersOfTenWithLinesBetween) {
  const Ticks t = ticks(kJoules, {0.004, 0.6}, at_most(4));
  EXPECT_THAT(texts(t), ElementsAre("10 mJ", "100 mJ"));
  EXPECT_EQ(t.minor.size(), 7U);
  EXPECT_THAT(texts(ticks(kJoules, {1e-6, 1e6}, at_most(5))),
              ElementsAre("0.001 mJ", "1 mJ", "1 J", "1000 J", "1e+06 J"));
}

TEST(TicksTest, OfALogarithmOverAShortRangeAreThoseOfALine) {
  EXPECT_THAT(texts(ticks(kRatio, {0.72, 1.08}, at_most(5))), ElementsAre("0.8", "0.9", "1"));
}

TEST(TicksTest, OfALineAreRoundAndExact) {
  EXPECT_THAT(texts(ticks(kPercent, {61.3, 88.2}, at_most(6))),
              ElementsAre("65 %", "70 %", "75 %", "80 %", "85 %"));
  EXPECT_THAT(texts(ticks({"", "1"}, {-0.31, 0.31}, at_most(7))),
              ElementsAre("-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"));
  EXPECT_EQ(ticks({"", "1"}, {0.25, 0.45}, at_most(2)).major.front().value, 0.3);
}

TEST(TicksTest, OfALineOfEnergiesHaveTheirUnitButForNothing) {
  EXPECT_THAT(texts(ticks({"energy", "J"}, {-0.3, 1.1}, at_most(4))),
              ElementsAre("0", "500 mJ", "1 J"));
}

TEST(TicksTest, OfBatchesArePowersOfTwo) {
  EXPECT_THAT(texts(ticks(kBatch, {0.9, 300}, at_most(9))),
              ElementsAre("1", "2", "4", "8", "16", "32", "64", "128", "256"));
  EXPECT_THAT(texts(ticks(kBatch, {0.9, 300}, at_most(5))),
              ElementsAre("1", "4", "16", "64", "256"));
}

TEST(TicksTest, OfCategoriesAreAllOfThem) {
  EXPECT_THAT(texts(ticks({"", "", Scale::linear, false, {"a", "b"}}, {-0.5, 1.5}, at_most(1))),
              ElementsAre("a", "b"));
}

/// Whatever the range, ticks lie in it, rise, and there are some.
TEST(TicksTest, AreInsideForAllRanges) {
  for (const Axis& axis : {kJoules, kPercent, kRatio, kBatch}) {
    for (int i = 0; i < 17; ++i) {
      for (int j = 0; j < 16; ++j) {
        const double low = 1e-5 * std::pow(3.7, i);
        const double times = 1.01 * std::pow(2.3, j);
        const Range shown{low, low * times};
        const Ticks t = ticks(axis, shown, at_most(6));
        if (axis.scale != Scale::powers_of_two) {
          ASSERT_GE(t.major.size(), 2U) << axis.label << " " << low << " " << times;
        }
        for (std::size_t k = 0; k < t.major.size(); ++k) {
          EXPECT_GE(t.major[k].value, low * (1.0 - 1e-6));
          EXPECT_LE(t.major[k].value, low * times * (1.0 + 1e-6));
          if (k > 0) {
            EXPECT_GT(t.major[k].value, t.major[k - 1].value);
          }
        }
      }
    }
  }
}

TEST(ValueText, HasThreeDigitsAndItsUnit) {
  EXPECT_EQ(value_text(kJoules, 0.01234), "12.3 mJ");
  EXPECT_EQ(value_text(kPercent, 81.234), "81.2 %");
  EXPECT_EQ(value_text(kBatch, 64), "64.0 images");
  EXPECT_EQ(value_text(kRatio, 0.7349), "0.735");
}

}  // namespace
}  // namespace joulemark::figure

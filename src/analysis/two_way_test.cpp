#include "analysis/two_way.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

TEST(TwoWay, TellsPlacesFromThings) {
  // Not every thing was seen everywhere: means of places alone would mislead.
  const double things[] = {10.0, 20.0, 30.0};
  const double places[] = {-1.0, 0.0, 1.0};
  std::vector<Sighting> seen;
  for (std::size_t of = 0; of < 3; ++of) {
    for (std::size_t at = 0; at < 3; ++at) {
      if (of != at) seen.push_back({of, at, things[of] + places[at]});
    }
  }
  seen.push_back({0, 0, 9.0});
  const auto fit = fit_two_way(seen);
  ASSERT_TRUE(fit);
  for (std::size_t at = 0; at < 3; ++at) {
    EXPECT_NEAR(fit->at[at].value, places[at], 1e-12);
    EXPECT_NEAR(fit->at[at].standard_error, 0.0, 1e-7);
  }
  EXPECT_EQ(fit->degrees, 7U - 3U - 2U);
  EXPECT_EQ(fit->parts, 1U);
  EXPECT_NEAR(fit->squares, 0.0, 1e-20);
}

/// A complete layout has a solution in closed form.
TEST(TwoWay, LeavesWhatNeitherSays) {
  const std::vector<Sighting> seen = {{0, 0, 1.0}, {0, 1, 2.0}, {1, 0, 1.0}, {1, 1, 4.0}};
  const auto fit = fit_two_way(seen);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->at[1].value - fit->at[0].value, 2.0, 1e-12);
  EXPECT_THAT(fit->rest, ::testing::Pointwise(::testing::DoubleNear(1e-12),
                                              std::vector<double>{0.5, -0.5, -0.5, 0.5}));
  EXPECT_NEAR(fit->squares, 1.0, 1e-12);
  EXPECT_EQ(fit->degrees, 1U);
  // Half of a difference of two means of two, with a variance of 1.
  EXPECT_NEAR(fit->at[0].standard_error, 0.5, 1e-12);
}

TEST(TwoWay, SaysWhichPlacesAreNotTied) {
  const std::vector<Sighting> seen = {{0, 0, 1.0}, {0, 1, 2.0}, {1, 0, 1.0},   {1, 1, 2.0},
                                      {2, 2, 7.0}, {2, 3, 9.0}, {3, 2, 100.0}, {3, 3, 102.0}};
  const auto fit = fit_two_way(seen);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->parts, 2U);
  EXPECT_EQ(fit->degrees, 8U - 4U - 2U);
  EXPECT_EQ(fit->at[0].part, 0U);
  EXPECT_EQ(fit->at[1].part, 0U);
  EXPECT_EQ(fit->at[2].part, 1U);
  EXPECT_EQ(fit->at[3].part, 1U);
  EXPECT_NEAR(fit->at[0].value, -0.5, 1e-12);
  EXPECT_NEAR(fit->at[1].value, 0.5, 1e-12);
  EXPECT_NEAR(fit->at[2].value, -1.0, 1e-12);
  EXPECT_NEAR(fit->at[3].value, 1.0, 1e-12);
}

TEST(TwoWay, IsAbsentWhereNothingCouldBeLeft) {
  EXPECT_FALSE(fit_two_way({}));
  EXPECT_FALSE(fit_two_way(std::vector<Sighting>{{0, 0, 1.0}, {0, 1, 2.0}}));
  // A tree: each thing brings a place of its own.
  EXPECT_FALSE(
      fit_two_way(std::vector<Sighting>{{0, 0, 1.0}, {0, 1, 2.0}, {1, 1, 5.0}, {1, 2, 3.0}}));
}

/// Of many layouts with known effects and normal rests, the interval holds the effect in as many as
/// it promises.
TEST(TwoWay, KnowsHowWellItKnows) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> rest(0.0, 0.01);
  std::bernoulli_distribution is_seen(0.6);
  const double places[] = {-0.03, -0.01, 0.04};
  int held = 0;
  int all = 0;
  double squares = 0.0;
  for (int draw = 0; draw < 400; ++draw) {
    std::vector<Sighting> seen;
    std::size_t of = 0;
    while (of < 12) {
      std::vector<Sighting> some;
      for (std::size_t at = 0; at < 3; ++at) {
        if (of == 0 || is_seen(random))
          some.push_back({of, at, static_cast<double>(of) + places[at] + rest(random)});
      }
      if (some.empty()) continue;
      seen.insert(seen.end(), some.begin(), some.end());
      ++of;
    }
    const auto fit = fit_two_way(seen);
    ASSERT_TRUE(fit);
    squares += fit->squares / static_cast<double>(fit->degrees) / 400.0;
    const double t = student_t_95(static_cast<double>(fit->degrees));
    const auto half = [&](const TwoWay::Effect& effect) { return t * effect.standard_error; };
    for (std::size_t at = 0; at < 3; ++at, ++all)
      held += std::abs(fit->at[at].value - places[at]) < half(fit->at[at]) ? 1 : 0;
  }
  EXPECT_NEAR(std::sqrt(squares), 0.01, 0.0005);
  EXPECT_NEAR(static_cast<double>(held) / all, 0.95, 0.03);
}

}  // namespace
}  // namespace joulemark::analysis

#include "analysis/pareto.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <random>

namespace joulemark::analysis {
namespace {

using ::testing::ElementsAre;

std::vector<Standing> of(const std::vector<Candidate>& candidates) {
  return standings(candidates).value();
}

constexpr auto kMember = Standing::member;
constexpr auto kUncertain = Standing::uncertain;
constexpr auto kPossible = Standing::possible;
constexpr auto kDominated = Standing::dominated;

TEST(Standings, KnowWhoIsDominated) {
  EXPECT_THAT(of({{70, 1}, {80, 2}, {75, 3}, {79, 1.5}, {60, 1.2}}),
              ElementsAre(kMember, kMember, kDominated, kMember, kDominated));
}

TEST(Standings, OfOneIsAMember) { EXPECT_THAT(of({{70, 1}}), ElementsAre(kMember)); }

TEST(Standings, OfNoneAreNone) { EXPECT_TRUE(of({}).empty()); }

TEST(Standings, TiesInOneAreDecidedByTheOther) {
  // The same accuracy for less energy; the same energy with more accuracy.
  EXPECT_THAT(of({{70, 1}, {70, 2}}), ElementsAre(kMember, kDominated));
  EXPECT_THAT(of({{70, 1}, {71, 1}}), ElementsAre(kDominated, kMember));
}

TEST(Standings, EqualsDoNotDominateEachOther) {
  EXPECT_THAT(of({{70, 1}, {70, 1}, {70, 1}}), ElementsAre(kMember, kMember, kMember));
  EXPECT_THAT(of({{70, 1}, {70, 1}, {71, 0.5}}), ElementsAre(kDominated, kDominated, kMember));
}

TEST(Standings, WithinIntervalsMembershipIsOpenOnBothSides) {
  // 3 % apart, with 2 % each: 2.8 % together is less, 3 % each (4.2 %) is more.
  EXPECT_THAT(of({{70, 1.0, 0.02}, {71, 1.03, 0.02}, {60, 2.0, 0.02}}),
              ElementsAre(kMember, kMember, kDominated));
  EXPECT_THAT(of({{70, 1.0, 0.03}, {71, 1.03, 0.03}, {60, 2.0, 0.02}}),
              ElementsAre(kUncertain, kMember, kDominated));
  EXPECT_THAT(of({{70, 1.0, 0.03}, {69, 1.03, 0.03}}), ElementsAre(kMember, kPossible));
}

TEST(Standings, OfTwoBoardsAreLessSure) {
  EXPECT_THAT(of({{70, 1.0, 0.01, {"x"}}, {69, 1.05, 0.01, {"x"}}}),
              ElementsAre(kMember, kDominated));
  EXPECT_THAT(of({{70, 1.0, 0.01, {"x"}}, {69, 1.05, 0.01, {"y"}}}),
              ElementsAre(kMember, kPossible));
}

TEST(Standings, OfTwoBoardsAreAsSureAsWhatTheyAreApartIsKnown) {
  const auto y_takes = [](double more) {
    const Candidate on_x{70, 1.0, 0.01, {"x", {}, BoardOffset{-0.01, 0.01}}};
    return of({on_x, {69, 1.05, 0.01, {"y", {}, BoardOffset{-0.01 + more, 0.01}}}});
  };
  EXPECT_THAT(y_takes(0.01), ElementsAre(kMember, kDominated));
  EXPECT_THAT(y_takes(0.04), ElementsAre(kMember, kPossible));
}

TEST(Standings, OfOneBoardThatWasWarmerAreLessSure) {
  const Candidate cool{69, 1.05, 0.01, {"x", 45.0}};
  EXPECT_THAT(of({{70, 1.0, 0.01, {"x", 45.0}}, cool}), ElementsAre(kMember, kDominated));
  EXPECT_THAT(of({{70, 1.0, 0.01, {"x", 61.0}}, cool}), ElementsAre(kMember, kPossible));
}

TEST(Standings, OneThatSurelyDominatesIsEnough) {
  EXPECT_THAT(of({{70, 1.0, 0.03}, {69, 1.03, 0.03}, {72, 0.5, 0.03}}),
              ElementsAre(kDominated, kDominated, kMember));
}

TEST(Standings, RefuseWhatIsNoEnergyOrAccuracy) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const Candidate& bad :
       {Candidate{70, 0.0}, Candidate{70, -1.0}, Candidate{70, nan}, Candidate{70, inf},
        Candidate{nan, 1.0}, Candidate{70, 1.0, -0.1}, Candidate{70, 1.0, nan}}) {
    const auto result = standings(std::vector<Candidate>{{80, 1.0}, bad});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::invalid_input);
  }
}

/// Whatever the points: members do not dominate each other, all others are dominated by a member,
/// and a dominated point more changes nothing for the rest.
TEST(Standings, KeepToTheDefinitionOnRandomPointsWithTies) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> coarse(1, 12);
  for (int round = 0; round < 200; ++round) {
    std::vector<Candidate> points;
    for (int i = 0; i < 15; ++i) points.push_back({60.0 + coarse(random), 1.0 * coarse(random)});
    const auto all = of(points);
    const auto beats = [](const Candidate& a, const Candidate& b) {
      return a.accuracy >= b.accuracy && a.joules <= b.joules &&
             (a.accuracy != b.accuracy || a.joules != b.joules);
    };
    for (std::size_t i = 0; i < points.size(); ++i) {
      bool beaten_by_member = false;
      for (std::size_t j = 0; j < points.size(); ++j) {
        beaten_by_member = beaten_by_member || (on_frontier(all[j]) && beats(points[j], points[i]));
      }
      EXPECT_NE(on_frontier(all[i]), beaten_by_member);
    }
    points.push_back({60.0, 100.0});
    auto more = of(points);
    EXPECT_EQ(more.back(), kDominated);
    more.pop_back();
    EXPECT_EQ(more, all);
  }
}

}  // namespace
}  // namespace joulemark::analysis

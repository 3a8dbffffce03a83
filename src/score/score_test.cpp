#include "score/score.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "score/testing/rows.hpp"

namespace joulemark::score {
namespace {

using analysis::Row;
using catalogue::TestSet;
using testing::frontier_joules;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::tested;
using testing::zoo;

Edition fitted_edition() {
  auto rows = zoo();
  const auto slower = zoo(20, 3.0, "slow");
  rows.insert(rows.end(), slower.begin(), slower.end());
  return fit(rows, {"draft", "2026-11-26", "gpu"}).value();
}
const Edition& edition() {
  static const Edition kEdition = fitted_edition();
  return kEdition;
}

Result<Index> index(double joules, double top1, const Edition& e = edition(), double rel = 0.01) {
  return index_of({joules, rel, "", top1}, e, e.curves[0], nullptr);
}

TEST(Grades, AreLettersOfTheIndex) {
  EXPECT_EQ(letter_of(0.5), 'A');
  EXPECT_EQ(letter_of(1.0), 'B');
  EXPECT_EQ(letter_of(1.49), 'B');
  EXPECT_EQ(letter_of(2.0), 'C');
  EXPECT_EQ(letter_of(3.0), 'D');
  EXPECT_EQ(letter_of(4.9), 'E');
  EXPECT_EQ(letter_of(7.5), 'F');
  EXPECT_EQ(letter_of(7.6), 'G');
  EXPECT_EQ(letter_of(1e9), 'G');
}

TEST(Index, SaysHowManyTimesTheFrontiersEnergy) {
  const auto twice = index(2.0 * frontier_joules(0.2), 80.0);
  ASSERT_TRUE(twice) << twice.error().message();
  EXPECT_NEAR(twice->value, 2.0, 0.03);
  EXPECT_NEAR(twice->score(), 50.0, 0.8);
  EXPECT_EQ(twice->letter(), 'C');
  EXPECT_LT(twice->ci95.low, twice->value);
  EXPECT_GT(twice->ci95.high, twice->value);
}

// --- properties

TEST(Index, RisesWithEnergyAndFallsWithAccuracy) {
  const Edition e = edition();
  double before = 0.0;
  for (double joules = 1e-3; joules < 1e2; joules *= 1.3) {
    const double now = index(joules, 80.0, e)->value;
    EXPECT_GT(now, before);
    before = now;
  }
  before = HUGE_VAL;
  for (double top1 = 70.5; top1 < 90.0; top1 += 0.5) {
    const double now = index(1.0, top1, e)->value;
    EXPECT_LT(now, before) << top1;
    before = now;
  }
}

TEST(Index, DoesNotKnowTheUnitOfEnergy) {
  const auto joules = index(1.7, 81.0);
  const Edition in_millijoules = fit(zoo(20, 1000.0), {"draft", "2026-11-26", "gpu"}).value();
  const auto millijoules = index(1700.0, 81.0, in_millijoules);
  EXPECT_NEAR(joules->value, millijoules->value, 1e-6 * joules->value);
  EXPECT_NEAR(joules->ci95.high, millijoules->ci95.high, 1e-4 * joules->value);
}

TEST(Index, IsTheSameForAnIdenticalModel) {
  auto rows = zoo();
  Row twin = rows[5];
  twin.architecture = "twin";
  twin.weights_tested[0].model = "twin.best";
  rows.push_back(twin);
  const auto scores = score(edition(), rows, {rows[5].architecture, "twin"}, TestSet::imagenet);
  ASSERT_TRUE(scores) << scores.error().message();
  EXPECT_EQ(scores->models[0].model->value, scores->models[1].model->value);
  EXPECT_EQ(scores->models[0].model->letters(), scores->models[1].model->letters());
}

TEST(Index, ASlowerSetupLowersTheSystemsScoreAndNotTheModels) {
  const Edition e = edition();
  const auto fast = score(e, zoo(), {"good3"}, TestSet::imagenet);
  const auto slow = score(e, zoo(20, 3.0, "slow"), {"good3"}, TestSet::imagenet);
  ASSERT_TRUE(fast && slow);
  EXPECT_NEAR(slow->models[0].model->value, fast->models[0].model->value, 1e-9);
  EXPECT_NEAR(slow->models[0].system->value, 3.0 * fast->models[0].system->value, 1e-9);
  EXPECT_EQ(fast->models[0].system->value, fast->models[0].model->value);
}

// --- uncertainty

TEST(Index, IsAsUncertainAsWhatItIsMadeOf) {
  const Edition e = edition();
  const auto exact = index(1.0, 80.0, e, 0.0);
  const auto rough = index(1.0, 80.0, e, 0.3);
  EXPECT_GT(rough->ci95.high / rough->ci95.low, exact->ci95.high / exact->ci95.low);
  EXPECT_GE(std::log(rough->ci95.high / rough->value), 0.3);
  const auto few_images = index_of({1.0, 0.0, "", 80.0, 500}, e, e.curves[0], nullptr);
  EXPECT_GT(few_images->ci95.high, exact->ci95.high) << "500 images tell less than 50,000";
  Edition of_boards = e;
  of_boards.boards = {"A"};
  const auto another = index_of({1.0, 0.0, "B", 80.0}, of_boards, e.curves[0], nullptr);
  EXPECT_GT(another->ci95.high, exact->ci95.high) << "another board than the edition's";
}

TEST(Index, HasNoLowerEndWhereTheAccuracyMayBeBeyondTheCurve) {
  Edition e = edition();
  e.curves[0].floor = e.curves[0].least_error - 1e-4;
  const auto best = index(1.0, 100.0 * (1.0 - e.curves[0].least_error), e);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->ci95.low, 0.0);
  EXPECT_GT(best->ci95.high, best->value);
}

TEST(Index, PrintsLettersWithTheirReach) {
  EXPECT_EQ((Index{2.0, {1.9, 2.1}}.letters()), "C");
  EXPECT_EQ((Index{2.0, {1.4, 2.5}}.letters()), "C (B-D)");
  EXPECT_EQ((Index{0.9, {0.0, 1.2}}.letters()), "A (A-B)");
}

// --- what has no letter

TEST(Index, RefusesWhatTheFrontierDoesNotReach) {
  for (const double top1 : {69.9, 90.1, 99.0}) {
    const auto beyond = index(1.0, top1);
    ASSERT_FALSE(beyond);
    EXPECT_THAT(beyond.error().what, HasSubstr("beyond the frontier's range, 70.00 to 90.00 %"));
  }
}

TEST(Index, RefusesWhatIsNoEnergyOrNoPercentage) {
  for (const double joules : {0.0, -1.0, std::nan(""), HUGE_VAL}) EXPECT_FALSE(index(joules, 80.0));
  for (const double top1 : {0.8, 0.0, -3.0, 101.0, std::nan("")}) EXPECT_FALSE(index(1.0, top1));
}

TEST(Score, OfAllModelsBeginsWithTheMostEfficient) {
  const auto scores = score(edition(), zoo(), {}, TestSet::imagenet);
  ASSERT_TRUE(scores);
  ASSERT_THAT(scores->models, SizeIs(40));
  const auto index_of_model = [](const Scored& s) { return s.system->value; };
  EXPECT_TRUE(std::ranges::is_sorted(scores->models, {}, index_of_model));
}

TEST(Score, SaysWhyAModelHasNone) {
  auto rows = zoo();
  rows.push_back(tested("unpublished", 1.0, 80.0));
  rows.back().weights_tested.clear();
  const auto scores = score(edition(), rows, {"unpublished"}, TestSet::imagenet);
  ASSERT_TRUE(scores);
  ASSERT_FALSE(scores->models[0].model);
  EXPECT_THAT(scores->models[0].model.error().what, HasSubstr("no accuracy is published"));
  EXPECT_THAT(cheaper_than(scores->models[0], edition(), rows, TestSet::imagenet), IsEmpty());
  EXPECT_FALSE(score(edition(), rows, {"good1"}, TestSet::sketch)) << "no curve on it";
  EXPECT_FALSE(score(edition(), rows, {"nobody"}, TestSet::imagenet));
}

TEST(Score, AnUnknownSetupHasASystemIndexAlone) {
  const std::vector<Row> one = {tested("good3", 1.0, 73.0, "new")};
  const auto scores = score(edition(), one, {"good3"}, TestSet::imagenet);
  ASSERT_TRUE(scores);
  EXPECT_TRUE(scores->models[0].system);
  ASSERT_FALSE(scores->models[0].model);
  EXPECT_THAT(scores->models[0].model.error().what, HasSubstr("too few of the edition's anchors"));
}

TEST(Score, PrefersASetupThatHasLettersAmongThoseThatMeasuredAsMany) {
  auto rows = zoo(20, 3.0, "slow");
  rows.push_back(tested("good3", 1.0, 73.0, "aaa"));
  EXPECT_EQ(score(edition(), rows, {"good3"}, TestSet::imagenet)->setup, "slow");
  const auto own = zoo();
  rows.insert(rows.end(), own.begin(), own.end());
  EXPECT_EQ(score(edition(), rows, {"good3"}, TestSet::imagenet)->setup, "gpu");
  rows.push_back(tested("new", 1.0, 73.0, "aaa"));
  EXPECT_EQ(score(edition(), rows, {"good3", "new"}, TestSet::imagenet)->setup, "aaa");
}

TEST(Score, NamesModelsThatAreAsAccurateForLess) {
  const auto rows = zoo();
  const auto scores = score(edition(), rows, {"poor10", "good10"}, TestSet::imagenet);
  ASSERT_TRUE(scores);
  const auto less = cheaper_than(scores->models[0], edition(), rows, TestSet::imagenet);
  ASSERT_FALSE(less.empty());
  EXPECT_LE(less.size(), 3U);
  EXPECT_EQ(less[0].row->architecture, "good10");
  EXPECT_NEAR(less[0].times, 1.0 / 2.5, 1e-9);
  for (const Cheaper& c : less) {
    EXPECT_GE(c.top1, *scores->models[0].top1);
    EXPECT_LT(c.ci95.high, 1.0);
  }
  EXPECT_THAT(cheaper_than(scores->models[1], edition(), rows, TestSet::imagenet), IsEmpty())
      << "on the frontier";
}

}  // namespace
}  // namespace joulemark::score

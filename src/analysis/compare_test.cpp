#include "analysis/compare.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::row;

Row tested(const std::string& architecture, double joules, double top1,
           const std::string& setup = "gpu") {
  Row r = row(architecture, joules, top1, setup);
  catalogue::Evaluation e{architecture, "best", 224, 0.95, "bicubic", {}};
  e.on[0] = catalogue::Accuracy{top1, top1 + 10.0};
  r.weights_tested.push_back({architecture + ".best", e, {}, "in21k", "mit"});
  e.tag = "plain";
  e.on[0] = catalogue::Accuracy{top1 - 2.0, top1 + 8.0};
  r.weights_tested.push_back({architecture + ".plain", e, {}, "in1k", "mit"});
  r.images_per_s = 10.0 / joules;
  return r;
}

std::vector<Row> rows() {
  return {tested("alpha", 0.010, 75.0), tested("beta", 0.015, 80.0), tested("gamma", 0.0101, 75.2)};
}

std::string refusal(const std::vector<Row>& of, const std::vector<std::string>& names) {
  const auto c = compare(of, "throughput", names);
  return c ? "was compared" : c.error().message();
}

TEST(Compare, SaysHowManyTimesTheEnergyAndHowManyPoints) {
  const auto all = rows();
  const auto c = compare(all, "throughput", {"alpha", "beta"});
  ASSERT_TRUE(c) << c.error().message();
  ASSERT_EQ(c->sides.size(), 2U);
  EXPECT_FALSE(c->sides[0].beside);
  const Beside& b = *c->sides[1].beside;
  EXPECT_NEAR(b.times, 1.5, 1e-12);
  EXPECT_NEAR(b.ci95.high, 1.5 * std::exp(std::hypot(0.01, 0.01)), 1e-9)
      << "two intervals of 1 %; what the meter is off by is shared";
  EXPECT_TRUE(b.is_distinguishable());
  EXPECT_NEAR(*b.points, 5.0, 1e-12);
  EXPECT_NEAR(*b.points_ci95, std::hypot(0.3796, 0.3506), 1e-3);
  EXPECT_NEAR(*b.times_throughput, 1.0 / 1.5, 1e-12);
}

TEST(Compare, TakesTheSetupWithMostModelsOfThoseThatHaveAsManyOfTheNamed) {
  auto all = rows();
  for (const char* architecture : {"alpha", "beta"})
    all.push_back(tested(architecture, 0.02, 75.0, "a few"));
  EXPECT_EQ(compare(all, "throughput", {"alpha", "beta"})->setup, "gpu");
  all.push_back(tested("delta", 0.02, 75.0, "a few"));
  EXPECT_EQ(compare(all, "throughput", {"alpha", "beta"})->setup, "a few") << "the first by name";
  EXPECT_EQ(compare(all, "throughput", {"alpha", "gamma"})->setup, "gpu") << "which has both";
}

TEST(Compare, SaysWhereToLookForANameThatNothingIsNear) {
  EXPECT_THAT(refusal(rows(), {"alpha", "swin_base"}),
              HasSubstr("joulemark catalogue search swin_base"));
}

TEST(Compare, SaysWhenEnergiesCannotBeToldApart) {
  const auto all = rows();
  EXPECT_FALSE(
      compare(all, "throughput", {"alpha", "gamma"})->sides[1].beside->is_distinguishable());
  auto boards = rows();
  boards[0].board = "A";
  boards[1].board = "B";
  const auto c = compare(boards, "throughput", {"alpha", "beta"});
  EXPECT_GT(c->sides[1].beside->ci95.high, 1.5 * std::exp(kBetweenBoards)) << "two boards";
  EXPECT_EQ(c->sides[1].beside->between_boards, kBetweenBoards);
  // On one board it is what the warmer one may take more.
  boards[1].board = "A";
  boards[0].temperature_c = 45.0;
  const auto high = [&] {
    return compare(boards, "throughput", {"alpha", "beta"})->sides[1].beside->ci95.high;
  };
  const double unknown = high();
  boards[1].temperature_c = 45.0;
  EXPECT_EQ(high(), unknown) << "equally warm";
  EXPECT_EQ(compare(boards, "throughput", {"alpha", "beta"})->sides[1].beside->between_boards,
            std::nullopt);
  boards[1].temperature_c = 55.0;
  EXPECT_NEAR(std::log(high() / 1.5), std::hypot(std::log(unknown / 1.5), 10.0 * kPerCelsius),
              1e-12);
}

TEST(Compare, SaysWhichIntervalsAreWiderForTheBoard) {
  const auto on = [](std::optional<double> between) {
    Beside b;
    b.between_boards = between;
    return b;
  };
  EXPECT_EQ(boards_in_words({}), "");
  EXPECT_EQ(boards_in_words({on({}), on({})}), "");
  EXPECT_THAT(
      boards_in_words({on(0.0451)}),
      HasSubstr("It was measured on another board than the first: for what boards of a name "
                "differ by, ± 4.51 % is in the interval"));
  EXPECT_THAT(boards_in_words({on(0.10), on({}), on(0.0451)}),
              HasSubstr("2 of 3 were measured on another board than the first: for what boards of "
                        "a name differ by, ± 4.51 to 10.0 % is in the intervals"));
  EXPECT_THAT(boards_in_words({on(0.10), on(0.10)}), HasSubstr("All were measured"));
  EXPECT_THAT(boards_in_words({on(0.10), on(0.10)}), HasSubstr("± 10.0 % is in the intervals"));
  EXPECT_THAT(boards_in_words({on(0.10), on({})}), HasSubstr("1 of 2 was measured"));
}

TEST(Compare, TakesTheNamedWeightsOrTheBest) {
  const auto all = rows();
  const auto c = compare(all, "throughput", {"alpha.plain", "alpha@224x224", "beta"});
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(c->sides[0].weights, "alpha.plain");
  EXPECT_EQ(c->sides[0].top1, 73.0);
  EXPECT_EQ(c->sides[1].weights, "alpha.best");
  EXPECT_EQ(c->sides[1].beside->times, 1.0) << "the same energy";
}

TEST(Compare, IsOfTheSetupThatHasMostOfThem) {
  auto all = rows();
  all.push_back(tested("alpha", 1.0, 75.0, "aaa"));
  const auto c = compare(all, "throughput", {"alpha", "beta"});
  EXPECT_EQ(c->setup, "gpu");
  EXPECT_THAT(c->other_setups, ElementsAre("aaa"));
}

TEST(Compare, TakesTheUsualSizeWhereNoneIsNamed) {
  auto all = rows();
  all.push_back(tested("beta", 0.03, 81.0));
  all.back().input_size = "288x288";
  EXPECT_EQ(compare(all, "throughput", {"alpha", "beta"})->sides[1].row->input_size, "224x224");
  EXPECT_EQ(compare(all, "throughput", {"alpha", "beta@288x288"})->sides[1].row->input_size,
            "288x288");
}

TEST(Compare, SaysNothingThatIsNotKnown) {
  auto all = rows();
  all[1].top1.reset();
  all[1].weights_tested.clear();
  all[1].best_model.clear();
  all[0].images_per_s.reset();
  const auto c = compare(all, "throughput", {"alpha", "beta"});
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->sides[1].beside->points);
  EXPECT_FALSE(c->sides[1].beside->times_throughput);
}

TEST(Compare, RefusesWhatCannotBeCompared) {
  const auto all = rows();
  EXPECT_THAT(refusal(all, {"alpha"}), HasSubstr("two models or more"));
  EXPECT_THAT(refusal(all, {"alpha", "alpha"}), HasSubstr("named twice"));
  EXPECT_THAT(refusal(all, {"alpha", "betta"}), HasSubstr("Did you mean beta?"));
  EXPECT_THAT(refusal(all, {"alpha", "resnet50"}), HasSubstr("joulemark measure resnet50"));
  EXPECT_THAT(refusal(all, {"alpha", "beta@288x288"}), HasSubstr("measured there as beta@224x224"));
  EXPECT_THAT(refusal(all, {"alpha", "beta.none"}),
              HasSubstr("There are beta.best and beta.plain"));
  EXPECT_THAT(refusal({}, {"alpha", "beta"}), HasSubstr("no rows"));
  auto sizes = rows();
  sizes[1].input_size = "256x256";
  sizes.push_back(tested("beta", 0.02, 81.0));
  sizes.back().input_size = "288x288";
  EXPECT_THAT(refusal(sizes, {"alpha", "beta"}), HasSubstr("beta@256x256 and beta@288x288"));
  auto shares = rows();
  shares[0].top1 = 0.75;
  EXPECT_THAT(refusal(shares, {"alpha", "beta"}), HasSubstr("0.75"));
  auto bad = rows();
  bad[1].energy_j_per_image = 0.0;
  EXPECT_THAT(refusal(bad, {"alpha", "beta"}), HasSubstr("beta has no energy"));
  EXPECT_THAT(refusal(bad, {"alpha", "beta"}), HasSubstr("(the energy is not a number above 0)"));
  auto disturbed = rows();
  disturbed[1].flags = {"drifted", "busy_host"};
  EXPECT_THAT(refusal(disturbed, {"alpha", "beta"}),
              HasSubstr("on gpu is left out (a flag says that the measurement was disturbed: "
                        "busy_host): joulemark show " +
                        disturbed[1].run + ". Measure it again: joulemark measure beta"));
}

TEST(OtherSetups, AreNamedUnlessTheyAreMany) {
  EXPECT_EQ(others_in_words({}), "");
  EXPECT_THAT(others_in_words({"a", "b", "c", "d"}), HasSubstr("not mixed: a, b, c and d."));
  EXPECT_THAT(others_in_words({"a", "b", "c", "d", "e"}),
              HasSubstr("not mixed: a, b, c and 2 more."));
}

}  // namespace
}  // namespace joulemark::analysis

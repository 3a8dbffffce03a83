#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::on;
using testing::ran;
using testing::row;

TEST(Boards, SayHowFarApartTheyAre) {
  // One configuration differs by a tenth between two boards, the other not at all.
  const Outcome o = ran(boards, {on("x", "a", 1.0), on("y", "a", 1.1),  //
                                 on("x", "b", 2.0), on("y", "b", 2.0)});
  const Value* deviation = find(o, "between_boards_deviation");
  ASSERT_NE(deviation, nullptr);
  EXPECT_NEAR(deviation->value, std::log(1.1) / 2.0, 1e-12);
  EXPECT_EQ(deviation->n, 2U);
  EXPECT_TRUE(deviation->ci95->low < deviation->value && deviation->value < deviation->ci95->high);
  EXPECT_NEAR(find(o, "ratio_of_two_boards_rel")->value,
              1.959964 * std::numbers::sqrt2 * deviation->value, 1e-12);
  ASSERT_EQ(o.figures.size(), 1U);
  EXPECT_THAT(o.figures[0].y.categories, ::testing::ElementsAre("x", "y"));
  EXPECT_EQ(o.figures[0].marks.size(), 4U);
}

TEST(Boards, CountABoardOnceHoweverOftenItWasMeasured) {
  const Outcome o =
      ran(boards, {on("x", "a", 1.0), on("y", "a", 1.1), on("y", "a", 1.3), on("y", "a", 1.2)});
  const double of_y = (std::log(1.1) + std::log(1.3) + std::log(1.2)) / 3.0;
  EXPECT_NEAR(find(o, "between_boards_deviation")->value, of_y / std::numbers::sqrt2, 1e-12);
  EXPECT_EQ(column(o, "runs"), (std::vector<Cell>{std::int64_t{1}, std::int64_t{3}}));
}

TEST(Boards, AreNotWhatTheIntervalsOfRunsAccountFor) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1)};
  for (Row& r : rows) r.ci95_rel = 0.05;
  const double all = std::log(1.1) / std::numbers::sqrt2;
  const Outcome some = ran(boards, rows);
  EXPECT_NEAR(find(some, "between_boards_deviation")->value,
              std::sqrt(all * all - std::pow(0.05 / 1.959964, 2)), 1e-12);
  for (Row& r : rows) r.ci95_rel = 0.2;
  const Value nothing = *find(ran(boards, rows), "between_boards_deviation");
  EXPECT_EQ(nothing.value, 0.0);
  EXPECT_EQ(nothing.ci95->low, 0.0);
  EXPECT_GT(nothing.ci95->high, 0.0);
}

TEST(Boards, OfWhichOneTakesMostAreNamed) {
  const Outcome o = ran(boards, {on("x", "a", 1.0), on("y", "a", 1.1), on("z", "a", 1.05),
                                 on("x", "b", 2.0), on("y", "b", 3.0)});
  EXPECT_EQ(find(o, "deviation_on_most_boards", "a, batch 64")->n, 3U);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("1.00 J on x, 1.10 J on y, 1.10 times"));
}

TEST(Boards, DoNotMixBatchesButPoliciesThatChoseTheSame) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1), on("y", "a", 1.1)};
  rows[1].batch = 128;
  EXPECT_EQ(column(ran(boards, rows), "batch"),
            (std::vector<Cell>{std::int64_t{64}, std::int64_t{64}}));
  rows[2].batch = 256;
  EXPECT_TRUE(ran(boards, rows).too_few);
  rows = {on("x", "a", 1.0), on("y", "a", 1.1)};
  rows[1].policy = "batch";
  EXPECT_FALSE(ran(boards, rows).too_few);
}

TEST(Boards, ThatAreNotKnownOrAloneAreLeftOut) {
  const Outcome o =
      ran(boards, {on("x", "a", 1.0), on("y", "a", 1.1), on("", "a", 1.2), on("x", "b", 1.0)});
  EXPECT_EQ(find_left_out(o, "no_board")->which.size(), 1U);
  EXPECT_EQ(find_left_out(o, "one_board")->which.size(), 1U);
  EXPECT_EQ(o.n, 2U);
  EXPECT_TRUE(ran(boards, {on("x", "a", 1.0), on("x", "a", 1.1), on("", "a", 1.2)}).too_few);
}

TEST(Boards, AreNotTheHostsThatHoldThemUp) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1), on("x", "b", 1.0),
                           on("y", "b", 2.0)};
  rows[3].flags = {"host_bound"};
  const Outcome o = ran(boards, rows);
  EXPECT_EQ(find_left_out(o, "host_bound")->which, std::vector<std::string>{"b"});
  EXPECT_EQ(find(o, "between_boards_deviation")->n, 1U);
  for (Row& r : rows) r.batch = 1;
  EXPECT_FALSE(ran(boards, rows).too_few);
  rows[0].method = "3";  // which does not say so
  EXPECT_TRUE(ran(boards, rows).too_few);
}

TEST(Boards, ThatTakeAsMuchMoreForEveryModelLeaveNothing) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1), on("x", "b", 2.0),
                           on("y", "b", 2.2), on("y", "c", 3.3), on("z", "c", 3.6)};
  const Outcome same = ran(boards, rows);
  EXPECT_NEAR(find(same, "left_by_board_factors_deviation")->value, 0.0, 1e-9);
  const double y_over_x =
      find(same, "board_factor", "y")->value / find(same, "board_factor", "x")->value;
  EXPECT_NEAR(y_over_x, 1.1, 1e-12);
  EXPECT_NEAR(find(same, "board_factor", "z")->value / find(same, "board_factor", "y")->value,
              3.6 / 3.3, 1e-12);
  EXPECT_GT(find(same, "between_boards_deviation")->value, 0.05);

  rows[3].energy_j_per_image = 2.0;  // not on y any more
  const Outcome other = ran(boards, rows);
  const Value* left = find(other, "left_by_board_factors_deviation");
  EXPECT_NEAR(left->value, std::log(1.1) / 2.0, 1e-12) << "four rests of a quarter, one degree";
  EXPECT_NEAR(find(other, "ratio_on_another_board_rel")->value, 2.0 * 1.959964 * left->value,
              1e-12);
  const auto rests = column(other, "left_rel");
  EXPECT_NEAR(std::abs(std::get<double>(rests[0])), std::log(1.1) / 4.0, 1e-12);
  EXPECT_NEAR(std::get<double>(rests[4]), 0.0, 1e-12) << "z alone says nothing of c";
}

TEST(Boards, WhoseFactorsNothingTellsHaveNone) {
  const Outcome o = ran(boards, {on("x", "a", 1.0), on("y", "a", 1.1)});
  EXPECT_EQ(find(o, "left_by_board_factors_deviation"), nullptr);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("no two configurations ran on the same two boards"));
  EXPECT_EQ(column(o, "left_rel"), (std::vector<Cell>{Cell(), Cell()}));
}

TEST(Boards, OfGroupsThatShareNothingAreToldApart) {
  const Outcome o = ran(boards, {on("x", "a", 1.0), on("y", "a", 1.1), on("x", "b", 1.0),
                                 on("y", "b", 1.1), on("u", "c", 1.0), on("v", "c", 1.2)});
  EXPECT_THAT(all_text(o.caveats), HasSubstr("fall into 2 groups"));
}

TEST(Boards, ThatDifferByMoreThanComparisonsTakeAreACaveat) {
  constexpr const char* kMore = "differ by more than comparisons";
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) rows.push_back(on(std::to_string(i), "a", i % 2 == 0 ? 1.0 : 1.5));
  EXPECT_THAT(all_text(ran(boards, rows).caveats), HasSubstr(kMore));
  for (Row& r : rows) r.energy_j_per_image = std::pow(*r.energy_j_per_image, 0.125);
  EXPECT_THAT(all_text(ran(boards, rows).caveats), Not(HasSubstr(kMore)));
}

TEST(Boards, AreOfTheSetupWithMostConfigurationsOnSeveral) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1)};
  for (const char* model : {"b", "c", "d"}) {
    rows.push_back(row(model, 1.0, {}, "another"));
    rows.back().board = "x";
  }
  EXPECT_EQ(ran(boards, rows).setup, "gpu");
}

}  // namespace
}  // namespace joulemark::analysis

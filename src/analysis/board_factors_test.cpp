#include "analysis/board_factors.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "analysis/testing/rows.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

using testing::on;

double between(const Row& a, const Row& b) { return rel_between(site_of(a), site_of(b)); }

TEST(BoardFactors, SayHowFarTwoBoardsAreApart) {
  // y takes a tenth more than x, but for a rest of ± 1 % each.
  std::vector<Row> rows = {on("x", "a", std::exp(-0.01)), on("y", "a", std::exp(0.11)),
                           on("x", "b", std::exp(0.01)), on("y", "b", std::exp(0.09))};
  place_boards(rows);
  ASSERT_TRUE(rows[0].board_offset && rows[1].board_offset);
  EXPECT_NEAR(rows[1].board_offset->log - rows[0].board_offset->log, 0.1, 1e-12);
  // One degree of freedom: the variance of a rest is 4 * 0.01^2, that of the difference of the two
  // factors as much, as each is of two rests of which half is its own.
  const double variance = 4.0 * 0.01 * 0.01;
  const double half_width = student_t_95(1.0) * std::sqrt(variance + 2.0 * variance);
  EXPECT_NEAR(between(rows[0], rows[1]), 0.1 + half_width, 1e-9);
  EXPECT_NEAR(between(rows[1], rows[0]), between(rows[0], rows[3]), 1e-12);
  EXPECT_EQ(between(rows[0], rows[2]), 0.0) << "one board";
}

TEST(BoardFactors, AreOfOneSetupEach) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1), on("x", "b", 2.0),
                           on("y", "b", 2.2), on("x", "a", 1.0), on("y", "b", 1.0)};
  rows[4].setup = rows[5].setup = "another";
  place_boards(rows);
  EXPECT_NEAR(between(rows[0], rows[1]), std::log(1.1), 1e-9);
  EXPECT_FALSE(rows[4].board_offset);
  EXPECT_EQ(between(rows[4], rows[5]), kBetweenBoards) << "nothing ties them";
  EXPECT_EQ(between(rows[0], rows[5]), kBetweenBoards) << "of two setups";
}

TEST(BoardFactors, AreSharedByTheSetupsOfEachPrecision) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1), on("x", "b", 2.0),
                           on("y", "b", 2.2), on("x", "c", 3.0), on("y", "d", 4.4)};
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i].setup = i < 4 ? "gpu-torch-fp16-nhwc" : "gpu-torch-bf16-nhwc";
  place_boards(rows);
  EXPECT_NEAR(between(rows[4], rows[5]), std::log(1.1), 1e-9) << "nothing ties them in bf16";
  EXPECT_NEAR(between(rows[0], rows[5]), std::log(1.1), 1e-9) << "of two precisions";

  std::vector<Row> few = {rows[4], rows[5]};
  place_boards(few);
  EXPECT_EQ(between(few[0], few[1]), kBetweenBoards);
  place_boards(few, std::span(rows).first(4));
  EXPECT_NEAR(between(few[0], few[1]), std::log(1.1), 1e-9) << "of rows beside them";
}

TEST(BoardFactors, AConfigurationInTwoPrecisionsIsTwo) {
  Row in_fp16 = on("x", "a", 1.0), in_fp32 = on("y", "a", 2.0);
  in_fp16.setup = "gpu-fp16-nhwc";
  in_fp32.setup = "gpu-fp32-nhwc";
  EXPECT_TRUE(shared_configurations(std::vector<const Row*>{&in_fp16, &in_fp32}).empty());
}

TEST(SetupInAnyPrecision, IsItsNameWithoutIt) {
  EXPECT_EQ(setup_in_any_precision("nvidia-h200-torch-aoti-bf16-channels_last-cuda_graph"),
            "nvidia-h200-torch-aoti-channels_last-cuda_graph");
  EXPECT_EQ(setup_in_any_precision("my box, fp16"), "my box, fp16");
  EXPECT_EQ(setup_in_any_precision(""), "");
}

TEST(BoardFactors, AreOfTheLargestGroupOfBoardsThatAreTied) {
  std::vector<Row> rows = {on("v", "a", 1.0), on("w", "a", 1.1), on("x", "b", 1.0),
                           on("y", "b", 1.1), on("y", "c", 1.1), on("z", "c", 1.2),
                           on("x", "d", 1.0), on("z", "d", 1.2)};
  place_boards(rows);
  for (const Row& r : rows) EXPECT_EQ(r.board_offset.has_value(), r.board > "w") << r.board;
  EXPECT_EQ(between(rows[0], rows[1]), kBetweenBoards);
  EXPECT_EQ(between(rows[0], rows[2]), kBetweenBoards);
  EXPECT_LT(between(rows[2], rows[7]), 0.2);
}

TEST(BoardFactors, AreNotOfRowsThatAreDisturbedOrOfTheHost) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1), on("x", "b", 2.0),
                           on("y", "b", 2.2)};
  auto with = [&](const std::string& flag) {
    std::vector<Row> flagged = rows;
    flagged[3].flags = {flag};
    place_boards(flagged);
    return flagged[0].board_offset.has_value();
  };
  EXPECT_TRUE(with("weights_random"));
  EXPECT_FALSE(with("host_bound")) << "one configuration is left, which leaves no rest";
  EXPECT_FALSE(with("shared_device"));
}

TEST(BoardFactors, ThatWereThereBeforeAreForgotten) {
  std::vector<Row> rows = {on("x", "a", 1.0), on("y", "a", 1.1)};
  rows[0].board_offset = BoardOffset{0.5, 0.1};
  place_boards(rows);
  EXPECT_FALSE(rows[0].board_offset);
}

/// Boards of which each takes by so much more, and each row by a little for itself: what lies
/// between rows of two boards must hold their difference, of configurations that only one of the
/// two ran, in 19 of 20.
TEST(BoardFactors, HoldWhatTheyWereMadeOf) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> board_of(0.0, 0.02), rest_of(0.0, 0.006);
  std::size_t held = 0, pairs = 0;
  for (int draw = 0; draw < 300; ++draw) {
    std::vector<Row> rows;
    std::vector<double> unseen;  // of each board, the logarithm of a row of something else
    for (int b = 0; b < 5; ++b) {
      const double takes = board_of(random);
      unseen.push_back(takes + rest_of(random));
      for (int c = 0; c < 6; ++c) {
        if ((b + c) % 3 == 0) continue;
        rows.push_back(
            on(std::to_string(b), "c" + std::to_string(c), std::exp(takes + rest_of(random))));
      }
    }
    place_boards(rows);
    std::map<std::string, const Row*> of_board;
    for (const Row& r : rows) of_board[r.board] = &r;
    for (std::size_t a = 0; a < 5; ++a) {
      for (std::size_t b = a + 1; b < 5; ++b, ++pairs) {
        const double apart =
            between(*of_board.at(std::to_string(a)), *of_board.at(std::to_string(b)));
        held += std::abs(unseen[a] - unseen[b]) <= apart ? 1 : 0;
      }
    }
  }
  EXPECT_GE(static_cast<double>(held), 0.95 * static_cast<double>(pairs));
}

}  // namespace
}  // namespace joulemark::analysis

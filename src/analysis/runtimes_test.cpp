#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using ::testing::ElementsAre;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using testing::ran;
using testing::row;

TEST(Runtimes, CompareModelByModel) {
  std::vector<Row> rows;
  const std::vector<std::pair<std::string, double>> kRatios = {
      {"a", 0.5}, {"b", 0.8}, {"c", 1.25}, {"d", 1.001}};
  for (const auto& [model, ratio] : kRatios) {
    rows.push_back(row(model, 0.02, {}, "before"));
    rows.push_back(row(model, 0.02 * ratio, {}, "after"));
    rows.back().format = "aoti";
  }
  rows.push_back(row("only here", 0.1, {}, "before"));
  const Outcome o = ran(runtimes, rows);
  EXPECT_EQ(o.n, 4U);
  const Value* mean = find(o, "geometric_mean_ratio", "before -> after");
  ASSERT_NE(mean, nullptr);
  EXPECT_NEAR(mean->value, std::pow(0.5 * 0.8 * 1.25 * 1.001, 0.25), 1e-12);
  EXPECT_TRUE(mean->ci95->low < mean->value && mean->value < mean->ci95->high);
  EXPECT_DOUBLE_EQ(find(o, "share_that_loses", "before -> after")->value, 0.5);
  const std::string text = all_text(o.sentences);
  EXPECT_THAT(text, HasSubstr("Best: a (0.500); worst: c (1.25). It loses with c. It loses, but "
                              "within the intervals, with d."));
  EXPECT_THAT(all_text(o.caveats), HasSubstr("differ in format"));
  EXPECT_THAT(find_left_out(o, "not_paired")->which, ElementsAre("only here"));
  EXPECT_THAT(column(o, "loses"),
              ElementsAre(Cell("no"), Cell("no"), Cell("yes"), Cell("within the intervals")));
}

TEST(Runtimes, SayThatTwoBoardsAreInTheRatio) {
  std::vector<Row> rows;
  for (const char* model : {"a", "b", "c"}) {
    rows.push_back(row(model, 0.03, {}, "x"));
    rows.back().board = "first";
    rows.push_back(row(model, 0.02, {}, "y"));
    rows.back().board = "second";
  }
  EXPECT_THAT(all_text(ran(runtimes, rows).caveats), HasSubstr("3 of 3 pairs are of two boards"));
}

/// The newest of both are of two boards here, and what these differ by is no saving.
TEST(Runtimes, CompareOnOneBoardWhereTheyCan) {
  std::vector<Row> rows;
  const auto add = [&](const char* model, double joules, const char* setup, const char* board,
                       const char* at) {
    rows.push_back(row(model, joules, {}, setup));
    rows.back().board = board;
    rows.back().measured_at = at;
    rows.back().run = std::string(model) + setup + at;
  };
  for (const char* model : {"a", "b", "c"}) {
    add(model, 0.040, "x", "first", "2026-11-20T00:00:00Z");
    add(model, 0.042, "x", "first", "2026-11-21T00:00:00Z");
    add(model, 0.021, "y", "first", "2026-11-22T00:00:00Z");
    add(model, 0.050, "x", "second", "2026-11-23T00:00:00Z");
    add(model, 0.030, "y", "third", "2026-11-24T00:00:00Z");
  }
  add("d", 0.050, "x", "", "2026-11-23T00:00:00Z");
  add("d", 0.020, "y", "", "2026-11-24T00:00:00Z");
  add("d", 0.025, "y", "third", "2026-11-25T00:00:00Z");
  add("e", 0.050, "x", "second", "2026-11-23T00:00:00Z");
  const Outcome o = ran(runtimes, rows);
  EXPECT_EQ(column(o, "from_run"),
            (std::vector<Cell>{"ax2026-11-21T00:00:00Z", "bx2026-11-21T00:00:00Z",
                               "cx2026-11-21T00:00:00Z", "dx2026-11-23T00:00:00Z"}));
  EXPECT_EQ(column(o, "to_run"),
            (std::vector<Cell>{"ay2026-11-22T00:00:00Z", "by2026-11-22T00:00:00Z",
                               "cy2026-11-22T00:00:00Z", "dy2026-11-25T00:00:00Z"}))
      << "of boards that are not known the newest of each";
  EXPECT_EQ(find_left_out(o, "measured_again")->which.size(), 10U);
  EXPECT_THAT(find_left_out(o, "not_paired")->which, ElementsAre("e"));
  EXPECT_THAT(all_text(o.caveats), ::testing::Not(HasSubstr("are of two boards")));
}

TEST(Runtimes, TellKindsAndFamiliesApart) {
  std::vector<Row> rows;
  for (int i = 0; i < 8; ++i) {
    const std::string model = "m" + std::to_string(i);
    const bool is_cnn = i < 4;
    const double ratio = (is_cnn ? 0.5 : 1.1) * (i % 2 == 0 ? 0.95 : 1.05);
    for (const auto& [setup, joules] :
         {std::pair("before", 0.02), std::pair("after", 0.02 * ratio)}) {
      rows.push_back(row(model, joules, {}, setup));
      rows.back().kind = i == 7 ? "MLP" : is_cnn ? "CNN" : "transformer";
      rows.back().family = i < 3 ? "resnet" : "f" + std::to_string(i);
    }
  }
  const Outcome o = ran(runtimes, rows);
  const Value* cnn = find(o, "geometric_mean_ratio_of_kind", "CNN, before -> after");
  ASSERT_NE(cnn, nullptr);
  EXPECT_NEAR(cnn->value, 0.5 * std::sqrt(0.95 * 1.05), 1e-12);
  EXPECT_EQ(cnn->n, 4U);
  const Value* transformer =
      find(o, "geometric_mean_ratio_of_kind", "transformer, before -> after");
  ASSERT_NE(transformer, nullptr);
  EXPECT_GT(transformer->value, 1.0) << "a kind can lose where all save";
  EXPECT_EQ(find(o, "geometric_mean_ratio_of_kind", "MLP, before -> after"), nullptr);
  EXPECT_EQ(find(o, "geometric_mean_ratio_of_family", "resnet, before -> after")->n, 3U);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("The same mean by kind: CNN 0.49"));
  EXPECT_THAT(all_text(o.sentences), HasSubstr("Of MLP (1) there are too few to say."));
}

TEST(Runtimes, OfTwoSharedModelsAreTooFewToSay) {
  std::vector<Row> rows;
  for (const char* model : {"a", "b"}) {
    rows.push_back(row(model, 0.02, {}, "x"));
    rows.push_back(row(model, 0.03, {}, "y"));
  }
  EXPECT_TRUE(ran(runtimes, rows).too_few);
  EXPECT_TRUE(ran(runtimes, {row("a", 0.02)}).too_few);
}

TEST(Runtimes, DoNotPairDifferentSizes) {
  std::vector<Row> rows;
  for (const char* model : {"a", "b", "c"}) {
    rows.push_back(row(model, 0.02, {}, "x"));
    rows.push_back(row(model, 0.03, {}, "y"));
    rows.back().input_size = "384x384";
  }
  EXPECT_TRUE(ran(runtimes, rows).too_few);
}

}  // namespace
}  // namespace joulemark::analysis

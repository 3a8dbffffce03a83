#include <gmock/gmock.h>

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

TEST(Frontier, TellsMembersFromTheOthers) {
  const Outcome o = ran(frontier, {row("small", 0.01, 70.0), row("large", 0.1, 85.0),
                                   row("poor", 0.05, 69.0), row("near", 0.0102, 69.9)});
  EXPECT_EQ(o.n, 4U);
  EXPECT_EQ(o.setup, "gpu");
  EXPECT_EQ(find(o, "frontier")->value, 2.0);
  EXPECT_EQ(find(o, "uncertain_members")->value, 0.0);
  EXPECT_EQ(find(o, "possible_members")->value, 0.0);
  EXPECT_THAT(column(o, "model"),
              ElementsAre(Cell("small"), Cell("near"), Cell("poor"), Cell("large")));
  EXPECT_THAT(column(o, "standing"),
              ElementsAre(Cell("member"), Cell("dominated"), Cell("dominated"), Cell("member")));
  EXPECT_THAT(column(o, "cheapest"),
              ElementsAre(Cell("small"), Cell("small"), Cell("small"), Cell("large")));
  EXPECT_DOUBLE_EQ(std::get<double>(column(o, "times_cheapest")[2]), 5.0);
}

TEST(Frontier, MarksWhoIsWithinTheIntervals) {
  std::vector<Row> rows = {row("a", 0.0100, 70.0), row("b", 0.0101, 69.0), row("c", 0.0101, 71.0)};
  EXPECT_THAT(column(ran(frontier, rows), "standing"),
              ElementsAre(Cell("uncertain member"), Cell("member"), Cell("possible member")));
}

TEST(Frontier, CountsWhatItLeavesOut) {
  std::vector<Row> rows = {row("a", 0.01, 70.0), row("b", 0.02, 71.0), row("no accuracy", 0.03),
                           row("failed", 0.04, 72.0), row("zero", 0.0, 73.0)};
  rows[3].status = "out_of_memory";
  const Outcome o = ran(frontier, rows);
  EXPECT_EQ(o.n, 2U);
  EXPECT_THAT(find_left_out(o, "no_accuracy")->which, ElementsAre("no accuracy"));
  EXPECT_THAT(find_left_out(o, "failed")->which, ElementsAre("gpu/failed"));
  EXPECT_THAT(find_left_out(o, "bad_energy")->which, ElementsAre("gpu/zero"));
}

TEST(Frontier, NeverMixesSetups) {
  const Outcome o =
      ran(frontier, {row("a", 0.01, 70.0), row("b", 0.02, 71.0), row("c", 0.001, 80.0, "another")});
  EXPECT_EQ(o.n, 2U);
  EXPECT_THAT(all_text(o.caveats), HasSubstr("setups are not mixed: another"));
}

TEST(Frontier, OfModelsThatAreAllEqualHasAllOfThem) {
  const Outcome o =
      ran(frontier, {row("a", 0.01, 70.0), row("b", 0.01, 70.0), row("c", 0.01, 70.0)});
  EXPECT_EQ(find(o, "frontier")->value, 3.0);
  EXPECT_EQ(find(o, "uncertain_members")->value, 3.0);
}

}  // namespace
}  // namespace joulemark::analysis

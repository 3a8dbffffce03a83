#include <gmock/gmock.h>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::find;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ran;
using testing::repeated;
using testing::row;

TEST(Quality, SaysHowWellRunsRepeat) {
  const Outcome o = ran(quality, repeated({1.00, 1.01, 1.05, 1.05}));
  const Value* deviation = find(o, "repeat_deviation", "throughput");
  ASSERT_NE(deviation, nullptr);
  EXPECT_NEAR(deviation->value, 0.0260, 0.0005);
  EXPECT_EQ(deviation->n, 3U);
  EXPECT_TRUE(deviation->ci95->low < deviation->value && deviation->value < deviation->ci95->high);
  // Of three steps, that of 4 % is beyond two intervals of 1 %.
  EXPECT_NEAR(find(o, "held_by_ci95", "method 5")->value, 2.0 / 3.0, 1e-12);
}

TEST(Quality, DoesNotCompareIntervalsOfTwoVersions) {
  std::vector<Row> rows = repeated({1.0, 1.5});
  rows[1].method = "4";
  const Outcome o = ran(quality, rows);
  EXPECT_EQ(find(o, "held_by_ci95", "method 5"), nullptr);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("Too few to say whether intervals hold"));
}

TEST(Quality, FindsDriftAndItsAbsence) {
  const Outcome drifting = ran(quality, repeated({1.00, 1.01, 1.02, 1.03, 1.04}));
  EXPECT_NEAR(find(drifting, "sentinel_drift_per_hour", "a throughput")->value, 0.0098, 0.0001);
  EXPECT_THAT(all_text(drifting.sentences), Not(HasSubstr("no drift can be told")));
  const Outcome steady = ran(quality, repeated({1.00, 1.02, 0.99, 1.01, 1.00}));
  EXPECT_THAT(all_text(steady.sentences), HasSubstr("no drift can be told"));
  EXPECT_THAT(all_text(ran(quality, repeated({1.0, 1.1, 1.2})).sentences),
              HasSubstr("no campaign measured one configuration 4 times"));
}

TEST(Quality, DoesNotCompareIntervalsOfTwoBoards) {
  std::vector<Row> rows = repeated({1.0, 1.5});
  rows[0].board = "first";
  rows[1].board = "second";
  EXPECT_EQ(find(ran(quality, rows), "held_by_ci95", "method 5"), nullptr);
}

TEST(Quality, AllowsForWhatAWarmerBoardTakesMore) {
  std::vector<Row> rows = repeated({1.0, 1.03});
  rows[0].temperature_c = rows[1].temperature_c = 45.0;
  const auto held = [&](const char* name) {
    return find(ran(quality, rows), name, "method 5")->value;
  };
  EXPECT_EQ(held("held_with_systematic"), 0.0);
  rows[1].temperature_c = 56.0;
  EXPECT_EQ(held("held_with_systematic"), 1.0);
  EXPECT_EQ(held("held_by_ci95"), 0.0) << "repetition does not show it";
}

TEST(Quality, LooksForDriftWithinOneCampaignOnly) {
  std::vector<Row> rows = repeated({1.00, 1.01, 1.02, 1.03, 1.04});
  rows[3].campaign = rows[4].campaign = "another, on another board";
  EXPECT_EQ(find(ran(quality, rows), "sentinel_drift_per_hour", "a throughput"), nullptr);
}

TEST(Quality, CountsGapsAlsoOfRowsThatAreLeftOutForThem) {
  std::vector<Row> rows = repeated({1.0, 1.0, 1.0});
  rows[0].flags = {"meters_disagree"};
  const Outcome o = ran(quality, rows);
  EXPECT_NEAR(find(o, "share_of_gaps_over_3_percent")->value, 1.0 / 3.0, 1e-12);
  EXPECT_DOUBLE_EQ(find(o, "largest_estimator_gap")->value, 0.04);
}

TEST(Quality, OfSingleRowsWithoutASecondEstimateIsTooFewToSay) {
  EXPECT_TRUE(ran(quality, {row("a", 1.0), row("b", 1.0)}).too_few);
}

}  // namespace
}  // namespace joulemark::analysis

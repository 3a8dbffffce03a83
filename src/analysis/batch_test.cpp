#include <gmock/gmock.h>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using testing::ran;
using testing::row;
using testing::sizes_of;

TEST(Batch, FindsTheSizeThatReaches90Percent) {
  // The gain is 0.10; 90 % of it is reached at 0.02 and below.
  const Outcome o =
      ran(batch, sizes_of("a", {{1, 0.11}, {8, 0.05}, {32, 0.019}, {128, 0.01}, {256, 0.012}}));
  EXPECT_EQ(o.n, 1U);
  EXPECT_DOUBLE_EQ(find(o, "gain_times", "a")->value, 11.0);
  const Value* size = find(o, "batch_90", "a");
  EXPECT_EQ(size->value, 32.0);
  EXPECT_EQ(size->ci95->low, 32.0);
  EXPECT_THAT(column(o, "best_batch")[0], Cell(std::int64_t{128}));
  EXPECT_NEAR(std::get<double>(column(o, "share_of_gain")[2]), 0.91, 1e-12);
  EXPECT_EQ(std::get<double>(column(o, "share_of_gain")[3]), 1.0);
}

TEST(Batch, IntervalsOfEnergyAreOneOfTheSize) {
  // At 32, 90 % is reached by a hair, which 1 % of energy decides.
  const Outcome o = ran(batch, sizes_of("a", {{1, 0.11}, {32, 0.01999}, {128, 0.01}}));
  EXPECT_EQ(find(o, "batch_90", "a")->ci95->low, 32.0);
  EXPECT_EQ(find(o, "batch_90", "a")->ci95->high, 128.0);
}

TEST(Batch, SaysWhereNoGainCanBeTold) {
  std::vector<Row> rows = sizes_of("flat", {{1, 0.0101}, {8, 0.0102}, {32, 0.0100}});
  for (const Row& r : sizes_of("worse", {{1, 0.01}, {8, 0.02}, {32, 0.03}})) rows.push_back(r);
  const Outcome o = ran(batch, rows);
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("Of 2 models, no gain can be told within the intervals: flat, worse"));
  EXPECT_EQ(find(o, "gain_times", "worse"), nullptr);
  EXPECT_EQ(find(o, "median_batch_90"), nullptr);
}

TEST(Batch, TakesTheSetupThatWasMeasuredAtSeveralSizes) {
  std::vector<Row> rows = sizes_of("a", {{1, 0.11}, {8, 0.05}, {32, 0.02}});
  for (Row& r : rows) r.setup = "z";
  for (const char* model : {"b", "c", "d"}) rows.push_back(row(model, 0.01));
  const Outcome o = ran(batch, rows);
  EXPECT_EQ(o.setup, "z");
  EXPECT_EQ(o.n, 1U);
}

TEST(Batch, OfTwoSizesIsTooFewToSay) {
  const Outcome o = ran(batch, sizes_of("a", {{1, 0.11}, {8, 0.05}}));
  EXPECT_TRUE(o.too_few);
  EXPECT_EQ(find_left_out(o, "few_sizes")->which.size(), 2U);
}

}  // namespace
}  // namespace joulemark::analysis

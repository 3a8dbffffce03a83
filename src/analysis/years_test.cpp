#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::dated;
using ::testing::ElementsAre;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ran;

/// One model a year from 2014 to 2025, each of a family of its own, with 80 % and half the energy
/// of the one before last.
std::vector<Row> halving_every_two_years() {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) {
    rows.push_back(
        dated("m" + std::to_string(i), 0.64 * std::exp2(-i / 2.0), 2014 + i, {{2014 + i, 80.5}}));
  }
  return rows;
}

TEST(Years, FindTheHalvingTime) {
  const Outcome o = ran(years, halving_every_two_years());
  EXPECT_EQ(o.n, 12U);
  const Value* halving = find(o, "halving_time", "at least 80 %");
  ASSERT_NE(halving, nullptr);
  EXPECT_NEAR(halving->value, 2.0, 1e-12);
  EXPECT_EQ(halving->n, 12U);
  ASSERT_TRUE(halving->ci95);
  EXPECT_TRUE(halving->ci95->low < 2.0 && 2.0 < halving->ci95->high);
  EXPECT_NEAR(find(o, "halvings_per_year", "at least 80 %")->value, 0.5, 1e-12);
  EXPECT_NEAR(find(o, "record_times", "at least 80 %")->value, std::exp2(5.5), 1e-9);
  EXPECT_EQ(find(o, "halving_time", "at least 82 %"), nullptr);
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("the least energy went from 640 mJ in 2014 (m0) to "));
}

TEST(Years, AreCumulativeAndCountWeightsFromTheirOwnYear) {
  std::vector<Row> rows = halving_every_two_years();
  // From 2014, and the cheapest of all; but its weights are of 2018, and those of 2014 are worse.
  rows.push_back(dated("early", 0.001, 2014, {{2014, 70.0}, {2018, 80.0}}));
  const Outcome o = ran(years, rows);
  std::vector<std::string> holders;
  std::vector<std::int64_t> in;
  for (const auto& r : o.rows) {
    if (std::get<std::string>(r[0]) != "energy" || std::get<double>(r[1]) != 80.0) continue;
    in.push_back(std::get<std::int64_t>(r[2]));
    holders.push_back(std::get<std::string>(r[3]));
  }
  EXPECT_THAT(in,
              ElementsAre(2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025));
  EXPECT_THAT(holders, ElementsAre("m0", "m1", "m2", "m3", "early", "early", "early", "early",
                                   "early", "early", "early", "early"));
}

TEST(Years, FindTheBestAccuracyAtAnEnergy) {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) {
    rows.push_back(dated("m" + std::to_string(i), i % 2 == 0 ? 0.019 : 0.09, 2014 + i,
                         {{2014 + i, 70.0 + 0.5 * i}}));
  }
  const Outcome o = ran(years, rows);
  const Value* points = find(o, "points_per_year", "at most 20 mJ");
  ASSERT_NE(points, nullptr);
  EXPECT_EQ(points->n, 6U) << "every second model takes more";
  EXPECT_NEAR(points->value, 0.5, 0.03);
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("With at most 20 mJ, the best top-1 went from 70.0 % in 2014 (m0) to 75.0 "
                        "% (m10, since 2024)"));
}

TEST(Years, SayThatARecordStands) {
  std::vector<Row> rows = halving_every_two_years();
  rows[0].energy_j_per_image = 0.0001;
  const Outcome o = ran(years, rows);
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("the least energy is 0.100 mJ in 2014 (m0), and no less until 2025"));
  EXPECT_EQ(find(o, "halving_time", "at least 80 %"), nullptr);
  EXPECT_EQ(find(o, "halvings_per_year", "at least 80 %")->value, 0.0);
}

TEST(Years, StateNoHalvingTimeWhereNoFallCanBeTold) {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) {
    const double joules = i == 6 ? 0.3 : i == 0 ? 0.5 : 0.6 + 0.01 * i;
    rows.push_back(dated("m" + std::to_string(i), joules, 2014 + i, {{2014 + i, 80.5}}));
  }
  const Outcome o = ran(years, rows);
  const Value* time = find(o, "halving_time", "at least 80 %");
  ASSERT_NE(time, nullptr);
  EXPECT_FALSE(time->ci95);
  EXPECT_THAT(time->no_interval, HasSubstr("may not have fallen"));
  EXPECT_LE(find(o, "halvings_per_year", "at least 80 %")->ci95->low, 0.0);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("so that a fall cannot be told (n = 12)"));
}

TEST(Years, OfFewFamiliesHaveNoTrend) {
  std::vector<Row> rows = halving_every_two_years();
  for (std::size_t i = 0; i < 6; ++i) {
    rows[i].top1 = 75.0;
    rows[i].weights_tested = {testing::weights_of("w", 75.0, {{2014 + static_cast<int>(i), 6}})};
  }
  const Outcome o = ran(years, rows);
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("a trend needs ten families, and there are 6 (n = 6)"));
  EXPECT_THAT(find(o, "halving_time", "at least 80 %")->no_interval, HasSubstr("fewer than ten"));
}

TEST(Years, LeaveOutWhatHasNoDate) {
  std::vector<Row> rows = halving_every_two_years();
  rows[0].architecture_date.reset();
  rows[1].weights_tested[0].date.reset();
  const Outcome o = ran(years, rows);
  EXPECT_EQ(o.n, 10U);
  EXPECT_THAT(find_left_out(o, "no_date")->which, ElementsAre("m0"));
  EXPECT_THAT(find_left_out(o, "no_recipe_date")->which, ElementsAre("m1"));
}

TEST(Years, OfNineFamiliesAreTooFewToSay) {
  std::vector<Row> rows = halving_every_two_years();
  for (std::size_t i = 0; i < 4; ++i) rows[i].family = "one";
  const Outcome o = ran(years, rows);
  EXPECT_TRUE(o.too_few);
  EXPECT_THAT(o.sentences[0], HasSubstr("there are 9."));
  EXPECT_THAT(o.values, IsEmpty());
}

}  // namespace
}  // namespace joulemark::analysis

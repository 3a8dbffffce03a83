#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::counted;
using ::testing::ElementsAre;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ran;

TEST(Drivers, FindWhatMadeTheEnergy) {
  const Outcome o = ran(drivers, counted(15));
  EXPECT_EQ(o.n, 15U);
  EXPECT_NEAR(find(o, "pearson_log", "gmacs")->value, 1.0, 1e-12);
  EXPECT_DOUBLE_EQ(find(o, "spearman", "gmacs")->value, 1.0);
  EXPECT_DOUBLE_EQ(find(o, "spearman", "activations")->value, -1.0);
  EXPECT_NEAR(find(o, "exponent", "gmacs")->value, 0.8, 1e-12);
  EXPECT_LT(find(o, "pearson", "gmacs")->value, 1.0);
  EXPECT_LT(std::abs(find(o, "pearson", "parameters")->value), 0.5);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("GMACs rank models better"));
  EXPECT_THAT(all_text(o.caveats), HasSubstr("arXiv 2412.09731"));
}

TEST(Drivers, NameTheModelThatACoefficientHangsOn) {
  std::vector<Row> rows = counted(15);
  rows[0].energy_j_per_image = 10.0;  // the fewest GMACs, and by far the most energy
  const Outcome o = ran(drivers, rows);
  EXPECT_THAT(all_text(o.caveats), HasSubstr("Without m1, Pearson with GMACs would be 0.99"));
  EXPECT_THAT(all_text(ran(drivers, counted(15)).caveats),
              Not(HasSubstr("Pearson with GMACs would be")));
}

TEST(Drivers, LeaveOutModelsWithoutCounts) {
  std::vector<Row> rows = counted(12);
  rows[0].gmacs.reset();
  rows[1].activations_m = 0.0;
  const Outcome o = ran(drivers, rows);
  EXPECT_EQ(o.n, 10U);
  EXPECT_THAT(find_left_out(o, "no_counts")->which, ElementsAre("m1", "m2"));
}

TEST(Drivers, OfNineModelsAreTooFewToSay) {
  const Outcome o = ran(drivers, counted(9));
  EXPECT_TRUE(o.too_few);
  EXPECT_THAT(o.sentences[0], HasSubstr("needs 10 models with energy and counts, and there are 9"));
  EXPECT_THAT(o.values, IsEmpty());
}

TEST(Drivers, OfModelsThatAreAllEqualAreTooFewToSay) {
  std::vector<Row> rows = counted(12);
  for (Row& r : rows) {
    r.energy_j_per_image = 0.01;
  }
  const Outcome o = ran(drivers, rows);
  EXPECT_EQ(find(o, "pearson", "gmacs"), nullptr);
  EXPECT_TRUE(o.too_few);
}

}  // namespace
}  // namespace joulemark::analysis

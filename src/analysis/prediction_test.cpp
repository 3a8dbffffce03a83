#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::counted;
using testing::find;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ran;

std::vector<Row> of_families(int n) {
  auto rows = counted(n);
  for (int i = 0; i < n; ++i) {
    Row& r = rows[static_cast<std::size_t>(i)];
    r.family = "f" + std::to_string(i % 8);
    r.activations_m = 3.0 + i % 5;
  }
  return rows;
}

TEST(Prediction, SaysHowCloseItIsAndHowOftenItsIntervalHolds) {
  const Outcome o = ran(prediction, of_families(40));
  EXPECT_FALSE(o.too_few);
  const Value* error = find(o, "median_error", "counts, by family");
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->n, 40U);
  EXPECT_LT(error->value, 0.1) << "energy is a power of GMACs";
  ASSERT_TRUE(error->ci95);
  EXPECT_GE(find(o, "covered_90", "counts, by family")->value, 0.8);
  EXPECT_NE(find(o, "times_90", "counts, by tenths"), nullptr);
  EXPECT_THAT(all_text(o.sentences), HasSubstr("a model whose whole family is left out (n = 40)"));
  EXPECT_EQ(o.rows.size(), 40U);
}

TEST(Prediction, SaysNothingOfSpeedsWhereNoneArePublished) {
  const Outcome o = ran(prediction, of_families(40));
  EXPECT_THAT(all_text(o.sentences), Not(HasSubstr("published speeds")));
  auto rows = of_families(40);
  for (Row& r : rows) r.published_speeds.fill(1.0 / *r.energy_j_per_image);
  EXPECT_THAT(all_text(ran(prediction, rows).sentences), HasSubstr("published speeds"));
}

TEST(Prediction, OfNineteenModelsIsTooFewToSay) {
  const Outcome o = ran(prediction, of_families(19));
  EXPECT_TRUE(o.too_few);
  EXPECT_THAT(o.sentences[0], HasSubstr("needs 20 models"));
}

}  // namespace
}  // namespace joulemark::analysis

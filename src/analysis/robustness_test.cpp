#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using catalogue::TestSet;
using testing::all_text;
using ::testing::ElementsAre;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ran;
using testing::row;
using testing::test_on;
using testing::weights_of;

/// Twelve models that go from 70 % and 10 mJ on. Every second one takes twice the energy that its
/// accuracy on ImageNet goes with, and has ten points more on A for it; on the other sets nothing.
std::vector<Row> robust_by_energy() {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) {
    const double top1 = 70.0 + i;
    const double twice = i % 2;
    rows.push_back(row("m" + std::to_string(i), 0.01 * std::exp2(0.3 * i + twice), top1));
    Row& r = rows.back();
    r.weights_tested = {weights_of(r.best_model, top1)};
    Published& w = r.weights_tested.front();
    w.pretraining = "in1k";
    for (const TestSet set : {TestSet::real, TestSet::v2, TestSet::sketch, TestSet::r}) {
      test_on(w, set, top1 - 10.0 - 3.0 * (i / 2 % 2));
    }
    test_on(w, TestSet::a, 2.0 * i + 10.0 * twice);
  }
  return rows;
}

TEST(Robustness, TellsWhereEnergyBuysIt) {
  const Outcome o = ran(robustness, robust_by_energy());
  EXPECT_EQ(o.n, 12U);
  const Value* on_a = find(o, "partial_spearman", "ImageNet-A");
  ASSERT_NE(on_a, nullptr);
  EXPECT_GT(on_a->value, 0.7);
  ASSERT_TRUE(on_a->ci95);
  EXPECT_GT(on_a->ci95->low, 0.0);
  EXPECT_THAT(
      all_text(o.sentences),
      HasSubstr("On ImageNet-A, at equal top-1 on ImageNet, more energy goes with more accuracy"));
  const Value* on_r = find(o, "partial_spearman", "ImageNet-R");
  EXPECT_TRUE(on_r->ci95->low < 0.0 && 0.0 < on_r->ci95->high);
  EXPECT_THAT(
      all_text(o.sentences),
      HasSubstr("On ImageNet-R, at equal top-1 on ImageNet, no relation of energy to accuracy"));
}

TEST(Robustness, PricesAPointAlongEachSetsOwnFrontier) {
  const std::vector<Row> rows = robust_by_energy();
  const Outcome o = ran(robustness, rows);
  const double e0 = *rows.front().energy_j_per_image;
  const double e1 = *rows.back().energy_j_per_image;
  const Value* on_a = find(o, "joules_per_point", "ImageNet-A");
  EXPECT_NEAR(on_a->value, (e1 - e0) / 32.0, 1e-12) << "from 0 to 32 %";
  EXPECT_NEAR(on_a->ci95->high, (e1 - e0 + std::hypot(0.01 * e0, 0.01 * e1)) / 32.0, 1e-12);
  EXPECT_NEAR(find(o, "joules_per_point", "ImageNet")->value, (e1 - e0) / 11.0, 1e-12);
  EXPECT_EQ(find(o, "last_point_joules", "ImageNet-A"), nullptr) << "two points lie between";
  std::vector<double> on_imagenet;
  for (const auto& cells : o.rows) {
    if (cells[0] == Cell("ImageNet")) on_imagenet.push_back(std::get<double>(cells[1]));
  }
  EXPECT_EQ(on_imagenet.size(), 12U) << "70 to 81 %";
}

TEST(Robustness, LooksAtModelsWithoutOtherDataAlone) {
  auto rows = robust_by_energy();
  const Outcome all = ran(robustness, rows);
  EXPECT_EQ(find(all, "partial_spearman", "ImageNet-A, trained on ImageNet-1k alone")->n, 12U);
  for (std::size_t i = 0; i < 3; ++i) rows[i].weights_tested[0].pretraining = "in21k";
  const Outcome few = ran(robustness, rows);
  EXPECT_EQ(find(few, "partial_spearman", "ImageNet-A, trained on ImageNet-1k alone"), nullptr);
  EXPECT_THAT(all_text(few.sentences),
              HasSubstr("trained on ImageNet-1k alone, too few to say (n = 9)"));
}

TEST(Robustness, TakesTheWeightsThatAreBestOnImagenet) {
  auto rows = robust_by_energy();
  for (Row& r : rows) {
    Published other = weights_of(r.architecture + ".other", *r.top1 - 5.0);
    for (const catalogue::TestSetName& set : catalogue::test_sets()) test_on(other, set.set, 69.0);
    r.weights_tested.insert(r.weights_tested.begin(), other);
  }
  EXPECT_EQ(find(ran(robustness, rows), "partial_spearman", "ImageNet-A")->value,
            find(ran(robustness, robust_by_energy()), "partial_spearman", "ImageNet-A")->value);
}

TEST(Robustness, SaysThatNothingHasAPriceWhereOneModelIsBest) {
  auto rows = robust_by_energy();
  test_on(rows[0].weights_tested[0], TestSet::sketch, 99.0);
  const Outcome o = ran(robustness, rows);
  EXPECT_EQ(find(o, "joules_per_point", "ImageNet-Sketch"), nullptr);
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("On ImageNet-Sketch, m0 has both the best accuracy"));
}

TEST(Robustness, OfNineModelsIsTooFewToSay) {
  auto rows = robust_by_energy();
  rows[0].weights_tested[0].tested.on[static_cast<std::size_t>(TestSet::a)].reset();
  rows[1].weights_tested.clear();
  rows[2].top1.reset();
  const Outcome o = ran(robustness, rows);
  EXPECT_TRUE(o.too_few);
  EXPECT_THAT(o.sentences[0], HasSubstr("there are 9."));
  EXPECT_THAT(o.values, IsEmpty());
  EXPECT_THAT(find_left_out(o, "no_sets")->which, ElementsAre("m0", "m1"));
}

}  // namespace
}  // namespace joulemark::analysis

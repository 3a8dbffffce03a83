#include <gmock/gmock.h>

#include <cmath>
#include <iterator>

#include "score/edition.hpp"
#include "score/testing/rows.hpp"

namespace joulemark::score {
namespace {

using analysis::Row;
using catalogue::TestSet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::tested;
using testing::zoo;

const FitRequest kDraft{"draft", "2026-11-26"};

Edition fitted(const std::vector<Row>& rows) {
  auto edition = fit(rows, kDraft);
  EXPECT_TRUE(edition) << edition.error().message();
  return *edition;
}

std::string refusal(const std::vector<Row>& rows, const FitRequest& request = kDraft) {
  const auto edition = fit(rows, request);
  return edition ? "was fitted" : edition.error().message();
}

TEST(Fit, FindsTheCurveThatTheFrontierIsOn) {
  const Edition edition = fitted(zoo());
  EXPECT_TRUE(edition.is_draft);
  EXPECT_EQ(edition.setup, "gpu");
  EXPECT_EQ(edition.models, 40U);
  EXPECT_EQ(edition.newest_row, "2026-11-01T00:00:00Z");
  const Curve& curve = *edition.curve(TestSet::imagenet);
  EXPECT_EQ(curve.members, 20U);
  EXPECT_NEAR(curve.gamma, 1.5, 0.15);
  EXPECT_NEAR(curve.floor, 0.08, 0.01);
  EXPECT_NEAR(curve.least_error, 0.10, 1e-12);
  EXPECT_NEAR(curve.most_error, 0.30, 1e-12);
  for (const double error : {0.10, 0.15, 0.20, 0.30}) {
    EXPECT_NEAR(curve.log2_joules(error), std::log2(testing::frontier_joules(error)), 0.02);
    EXPECT_GT(curve.log2_ci95(error), 0.002) << "residuals of 1 % leave something open";
    EXPECT_LT(curve.log2_ci95(error), 0.05);
  }
  EXPECT_EQ(edition.curve(TestSet::sketch), nullptr) << "nothing was tested on it";
}

/// What src/score/testing/band.py prints (SciPy 1.17.1; 10,000 draws of another generator).
TEST(Fit, ItsBandIsThatOfSciPy) {
  constexpr double kHalfWidths[] = {0.02049, 0.01175, 0.01090, 0.00976, 0.00824,
                                    0.00705, 0.00725, 0.00904, 0.01176};
  const Edition edition = fitted(zoo());
  const Curve& curve = *edition.curve(TestSet::imagenet);
  EXPECT_NEAR(curve.c, -3.003983, 1e-5);
  EXPECT_NEAR(curve.gamma, 1.502663, 1e-5);
  EXPECT_NEAR(curve.floor, 0.079823, 1e-5);
  ASSERT_EQ(curve.band.size(), std::size(kHalfWidths));
  for (std::size_t i = 0; i < curve.band.size(); ++i) {
    // Two ends of 2,000 draws are known to a few percent of their distance.
    EXPECT_NEAR(curve.band[i].log2_ci95, kHalfWidths[i], 0.06 * kHalfWidths[i]) << i;
  }
}

TEST(Fit, TheBandIsALineBetweenItsNodes) {
  Curve curve;
  curve.band = {{0.1, 1.0}, {0.2, 2.0}, {0.4, 1.0}};
  EXPECT_DOUBLE_EQ(curve.log2_ci95(0.1), 1.0);
  EXPECT_DOUBLE_EQ(curve.log2_ci95(0.15), 1.5);
  EXPECT_DOUBLE_EQ(curve.log2_ci95(0.3), 1.5);
  EXPECT_DOUBLE_EQ(curve.log2_ci95(0.5), 1.0) << "rounding at the end";
}

TEST(Fit, DominatedModelsChangeNoCurve) {
  auto rows = zoo();
  const Edition before = fitted(rows);
  for (int i = 0; i < 15; ++i) {
    rows.push_back(tested("dear" + std::to_string(i), 40.0 + i, 71.0 + i));
  }
  const Edition after = fitted(rows);
  EXPECT_EQ(after.curves.size(), before.curves.size());
  EXPECT_EQ(after.curves[0].c, before.curves[0].c);
  EXPECT_EQ(after.curves[0].gamma, before.curves[0].gamma);
  EXPECT_EQ(after.curves[0].floor, before.curves[0].floor);
}

TEST(Fit, TheUnitOfEnergyMovesTheConstantAlone) {
  const Edition joules = fitted(zoo());
  const Edition millijoules = fitted(zoo(20, 1000.0));
  EXPECT_NEAR(millijoules.curves[0].c - joules.curves[0].c, std::log2(1000.0), 1e-6);
  EXPECT_NEAR(millijoules.curves[0].gamma, joules.curves[0].gamma, 1e-6);
  EXPECT_NEAR(millijoules.curves[0].floor, joules.curves[0].floor, 1e-6);
}

TEST(Fit, OtherSetupsHaveAnOffsetOfTheirAnchors) {
  auto rows = zoo();
  const auto slower = zoo(20, 3.0, "slow");
  rows.insert(rows.end(), slower.begin(), slower.begin() + 24);
  rows.push_back(tested("good0", 1.0, 70.0, "hardly"));
  const Edition edition = fitted(rows);
  EXPECT_EQ(edition.anchors.size(), 24U) << "those that another setup has";
  ASSERT_EQ(edition.offsets.size(), 1U);
  EXPECT_EQ(edition.offsets[0].setup, "slow");
  EXPECT_EQ(edition.offsets[0].anchors, 24U);
  EXPECT_NEAR(edition.offsets[0].kappa, std::log2(3.0), 1e-9);
  EXPECT_NEAR(edition.offsets[0].kappa_ci95, 0.0, 1e-9) << "all ratios are 3";
  EXPECT_FALSE(offset_of(edition, rows, "hardly")) << "one anchor tells no offset";
  const auto again = offset_of(edition, rows, "slow");
  ASSERT_TRUE(again);
  EXPECT_NEAR(again->kappa, edition.offsets[0].kappa, 1e-12);
}

TEST(Fit, PredictionsAreNoAnchors) {
  auto slow = zoo(20, 3.0, "slow");
  const Edition edition = fitted(zoo());
  ASSERT_TRUE(offset_of(edition, slow, "slow"));
  for (Row& row : slow) row.origin = "predicted";
  EXPECT_FALSE(offset_of(edition, slow, "slow"));
}

TEST(Fit, AnchorsAreSpreadOverAllEnergies) {
  const Edition edition = fitted(zoo(50));
  ASSERT_EQ(edition.anchors.size(), kAnchors);
  EXPECT_EQ(edition.anchors.front().architecture, "good0") << "of least energy";
  EXPECT_EQ(edition.anchors.back().architecture, "poor49") << "of most";
}

TEST(Fit, RefusesWhatGivesNoEdition) {
  EXPECT_THAT(refusal({}), HasSubstr("no rows"));
  EXPECT_THAT(refusal({tested("one", 1.0, 80.0)}), HasSubstr("no frontier"));
  std::vector<Row> equal(8, tested("same", 1.0, 80.0));
  for (std::size_t i = 0; i < equal.size(); ++i) equal[i].architecture += std::to_string(i);
  EXPECT_THAT(refusal(equal), HasSubstr("no frontier")) << "all are equal";
  auto shares = zoo();
  shares[3].top1 = 0.75;
  EXPECT_THAT(refusal(shares), HasSubstr("0.75"));
  FitRequest frozen = kDraft;
  frozen.is_draft = false;
  EXPECT_THAT(refusal(zoo(), frozen), HasSubstr("an edition needs 300"));
  FitRequest other = kDraft;
  other.setup = "no such setup";
  EXPECT_THAT(refusal(zoo(), other), HasSubstr("no rows of a setup 'no such setup'"));
}

TEST(Fit, BadEnergiesAreNotUsed) {
  auto rows = zoo();
  rows.push_back(tested("nan", std::nan(""), 85.0));
  rows.push_back(tested("zero", 0.0, 85.0));
  rows.push_back(tested("less", -1.0, 85.0));
  EXPECT_EQ(fitted(rows).models, 40U);
  EXPECT_EQ(fitted(rows).rows_sha256, fitted(zoo()).rows_sha256);
}

TEST(Verify, FindsNothingInItsOwnRowsAndInThoseThatCameLater) {
  auto rows = zoo();
  const Edition edition = fitted(rows);
  EXPECT_THAT(*verify(edition, rows), IsEmpty());
  rows.push_back(tested("later", 0.001, 89.0));
  rows.back().measured_at = "2026-12-01T00:00:00Z";
  EXPECT_THAT(*verify(edition, rows), IsEmpty()) << "frozen";
}

TEST(Verify, KnowsTheRowsThatOnlyChoseAnchors) {
  auto rows = zoo();
  const auto slower = zoo(20, 3.0, "slow");
  rows.insert(rows.end(), slower.begin(), slower.begin() + 24);
  // Of a setup with too few anchors for an offset, and measured last.
  for (std::size_t i = 24; i < 30; ++i) {
    rows.push_back(slower[i]);
    rows.back().setup = "few";
    rows.back().measured_at = "2026-11-20T00:00:00Z";
  }
  const Edition edition = fitted(rows);
  EXPECT_EQ(edition.anchors.size(), 30U);
  EXPECT_EQ(edition.newest_row, "2026-11-20T00:00:00Z");
  EXPECT_THAT(*verify(edition, rows), IsEmpty());
}

TEST(Verify, NamesWhatIsOtherwise) {
  auto rows = zoo();
  Edition edition = fitted(rows);
  edition.curves[0].gamma += 0.01;
  EXPECT_THAT(*verify(edition, rows), ElementsAre(HasSubstr("gamma")));
  edition = fitted(rows);
  rows[1].energy_j_per_image = 1.01 * *rows[1].energy_j_per_image;
  EXPECT_THAT(*verify(edition, rows), ::testing::Contains(HasSubstr("digest of the rows")))
      << "a dominated model, but not the same rows";
  rows.erase(rows.begin());
  EXPECT_THAT(*verify(edition, rows), ::testing::Contains(HasSubstr("models")));
}

}  // namespace
}  // namespace joulemark::score

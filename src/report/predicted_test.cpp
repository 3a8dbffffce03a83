#include "report/predicted.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/select.hpp"
#include "report/joined.hpp"
#include "report/table.hpp"
#include "report/testing/record.hpp"

namespace joulemark::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kModels = 30;

std::string name(int i) { return "m" + std::to_string(100 + i); }

/// Thirty architectures of six families; GMACs grow by 15 % from one to the next.
const catalogue::Catalogue& thirty() {
  static const catalogue::Catalogue kThirty = [] {
    catalogue::Catalogue c;
    for (int i = 0; i < kModels; ++i) {
      const double gmacs = std::pow(1.15, i);
      c.architectures.push_back({name(i), "f" + std::to_string(i % 6), "", "x", 20.0 + i % 7});
      c.weights.push_back({name(i), "x", "in1k", "", "", {}});
      catalogue::Evaluation e{name(i), "x", 224, 0.95, "bicubic", {}};
      e.on[0] = catalogue::Accuracy{70.0, 90.0};
      c.evaluations.push_back(e);
      c.costs.push_back({name(i), 224, gmacs, 3.0 + i % 5, 20.0 + i % 7, 291});
    }
    for (int f = 0; f < 6; ++f) {
      c.families.push_back({"f" + std::to_string(f), catalogue::Kind::cnn, "", {}, "", ""});
    }
    return c;
  }();
  return kThirty;
}

/// All but one in the middle and the last: a hole, and one beyond all others.
std::vector<store::Record> measured() {
  std::vector<store::Record> records;
  for (int i = 0; i < kModels - 1; ++i) {
    if (i == 14) continue;
    store::Record r = testing::record(name(i) + ".x");
    r.energy_j_per_image = 0.001 * std::pow(1.15, 0.8 * i) * (1.0 + 0.03 * std::sin(2.0 * i));
    r.systematic_rel = 0.01;
    r.systematic_terms = {{"sensor", 0.01}};
    r.weights = "live:1";
    r.measured_at = "2026-11-01T00:00:00Z";
    r.scope = "gpu_board";
    records.push_back(std::move(r));
  }
  return records;
}

TEST(Predicted, AreThoseThatWereNotMeasured) {
  const auto predicted = predicted_records(measured(), thirty());
  ASSERT_EQ(predicted.size(), 2U);
  const store::Record& hole = predicted[0];
  EXPECT_EQ(hole.model, name(14));
  EXPECT_EQ(hole.setup, "gpu");
  EXPECT_EQ(hole.policy, "throughput");
  EXPECT_EQ(hole.status, kPredicted);
  EXPECT_EQ(origin(hole), "predicted");
  EXPECT_NEAR(*hole.energy_j_per_image, 0.001 * std::pow(1.15, 0.8 * 14), 0.0003);
  EXPECT_GT(*hole.ci95_rel, 0.0);
  EXPECT_THAT(hole.flags, IsEmpty());
  EXPECT_EQ(hole.images_per_s, std::nullopt) << "not predicted, so not known";
  EXPECT_EQ(hole.run, "");
  EXPECT_THAT(predicted[1].flags, ElementsAre(kExtrapolated));
}

TEST(Predicted, RowsForChoicesSayThatTheyArePredictedAndNoneIsExtrapolated) {
  const auto rows = predicted_rows(measured(), thirty());
  ASSERT_EQ(rows.size(), 1U) << "the hole, and not the one beyond all others";
  EXPECT_EQ(rows[0].architecture, name(14));
  EXPECT_TRUE(analysis::is_predicted(rows[0]));
  EXPECT_FALSE(analysis::unfit(rows[0]));
  EXPECT_EQ(analysis::marked_subject(rows[0]), name(14) + " (predicted)");
  EXPECT_GT(*analysis::own_rel(rows[0], {}), 0.0);
}

TEST(Predicted, StandBesideFailuresAndNeverInPlaceOfAMeasurement) {
  auto records = measured();
  store::Record failed = testing::record(name(14) + ".x");
  failed.status = "crashed";
  failed.energy_j_per_image.reset();
  records.push_back(failed);
  for (store::Record& r : predicted_records(measured(), thirty())) records.push_back(std::move(r));
  store::Record impostor = records.back();
  impostor.model = impostor.architecture = name(3);
  records.push_back(impostor);
  for (const Joined& j : join(records, thirty())) {
    const bool is_predicted = j.model == name(14) + ".x" || j.model == name(29) + ".x";
    EXPECT_EQ(origin(*j.measured), is_predicted ? kPredicted : kMeasured) << j.model;
  }
}

TEST(Predicted, AreNoneWhereTooFewWereMeasured) {
  auto records = measured();
  records.resize(19);
  EXPECT_THAT(predicted_records(records, thirty()), IsEmpty());
  EXPECT_THAT(predicted_records({}, thirty()), IsEmpty());
}

TEST(Predicted, AreNoneOfAFixedBatch) {
  auto records = measured();
  for (store::Record& r : records) r.policy = "fixed";
  EXPECT_THAT(predicted_records(records, thirty()), IsEmpty());
}

}  // namespace
}  // namespace joulemark::report

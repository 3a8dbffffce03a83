#include "report/analysed.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

#include "analysis/select.hpp"
#include "report/testing/record.hpp"
#include "store/columns.hpp"

namespace joulemark::report {
namespace {

/// `alpha` has two sets of weights tested at 224; of `beta`, another network was counted.
const catalogue::Catalogue& small() {
  static const catalogue::Catalogue kSmall = [] {
    catalogue::Catalogue c;
    const auto tested = [](const char* architecture, const char* tag, double top1) {
      catalogue::Evaluation e{architecture, tag, 224, 0.95, "bicubic", {}};
      e.on[0] = catalogue::Accuracy{top1, top1 + 10.0};
      return e;
    };
    c.families = {
        {"greek", catalogue::Kind::hybrid, "1512.03385", catalogue::Month{2015, 12}, "", ""}};
    c.architectures = {{"alpha", "greek", "", "one", 25.56}, {"beta", "greek", "", "x", 5.0}};
    c.weights = {{"alpha", "one", "in1k", "mit", "", {}},
                 {"alpha", "two", "in21k", "", "", catalogue::Month{2021, 6}},
                 {"beta", "x", "in1k", "", "", {}}};
    c.evaluations = {tested("alpha", "one", 70.0), tested("alpha", "two", 75.0),
                     tested("beta", "x", 60.0)};
    c.costs = {{"alpha", 224, 4.1, 11.1, 25.56, 291}, {"beta", 224, 0.5, 1.5, 4.0, 291}};
    c.speeds = {{"alpha", 224, {3000.0}}};
    return c;
  }();
  return kSmall;
}

store::Record record(const std::string& model, const std::string& size = "224x224") {
  store::Record r = testing::record(model, size);
  r.flags = {"drifted"};
  r.systematic_terms = {{"sensor", 0.01}};
  return r;
}

TEST(AnalysisRows, HaveTheBestPublishedWeightsWhicheverWereMeasured) {
  const std::vector<store::Record> records = {record("alpha.one"), record("alpha")};
  const auto rows = analysis_rows(records, small());
  ASSERT_EQ(rows.size(), 2U);
  for (const analysis::Row& row : rows) {
    EXPECT_EQ(row.best_model, "alpha.two");
    EXPECT_EQ(row.top1, 75.0);
    EXPECT_EQ(row.parameters_m, 25.56);
    EXPECT_EQ(row.gmacs, 4.1);
    EXPECT_EQ(row.activations_m, 11.1);
    EXPECT_EQ(row.kind, "hybrid");
    EXPECT_EQ(row.published_speeds[0], 3000.0);
    EXPECT_FALSE(row.published_speeds[1]);
    EXPECT_EQ(row.family, "greek");
    EXPECT_EQ(row.architecture_date, (catalogue::Month{2015, 12}));
  }
}

TEST(AnalysisRows, HaveAllPublishedWeightsOfTheirSize) {
  const std::vector<store::Record> records = {record("alpha.one")};
  const auto rows = analysis_rows(records, small());
  const auto& weights = rows.at(0).weights_tested;
  ASSERT_EQ(weights.size(), 2U);
  EXPECT_EQ(weights[0].model, "alpha.one");
  EXPECT_EQ(weights[0].tested.imagenet().top1, 70.0);
  EXPECT_EQ(weights[0].licence, "mit");
  EXPECT_EQ(weights[0].date, std::nullopt);
  EXPECT_EQ(weights[1].model, "alpha.two");
  EXPECT_EQ(weights[1].pretraining, "in21k");
  EXPECT_EQ(weights[1].date, (catalogue::Month{2021, 6}));
}

TEST(AnalysisRows, KeepWhatWasMeasured) {
  const std::vector<store::Record> records = {record("alpha.one")};
  const auto rows = analysis_rows(records, small());
  const analysis::Row& row = rows.at(0);
  EXPECT_EQ(row.run, "run of alpha.one");
  EXPECT_EQ(row.model, "alpha.one");
  EXPECT_EQ(row.energy_j_per_image, 0.025);
  EXPECT_EQ(row.ci95_rel, 0.004);
  EXPECT_EQ(row.batch, 256);
  EXPECT_EQ(row.images_per_s, 10000.0);
  EXPECT_EQ(row.flags, std::vector<std::string>{"drifted"});
  EXPECT_EQ(row.systematic_terms.at("sensor"), 0.01);
}

TEST(AnalysisRows, AreOfEveryRecordAlsoOfFailuresAndOfTheSameTwice) {
  store::Record failed = record("alpha.one");
  failed.status = "crashed";
  const std::vector<store::Record> records = {record("alpha.one"), failed, record("alpha.one")};
  const auto rows = analysis_rows(records, small());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].status, "crashed");
}

TEST(AnalysisRows, HaveNothingThatIsNotPublishedAtTheirSize) {
  const std::vector<store::Record> records = {record("alpha.one", "256x256"), record("gamma.x"),
                                              record("alpha.one", "224x192")};
  for (const analysis::Row& row : analysis_rows(records, small())) {
    EXPECT_FALSE(row.top1);
    EXPECT_EQ(row.best_model, "");
    EXPECT_TRUE(row.weights_tested.empty());
    EXPECT_FALSE(row.gmacs);
  }
}

TEST(AnalysisRows, HaveNoCountsOfAnotherNetwork) {
  const std::vector<store::Record> records = {record("beta.x")};
  const auto rows = analysis_rows(records, small());
  EXPECT_EQ(rows.at(0).parameters_m, 5.0);
  EXPECT_FALSE(rows.at(0).gmacs);
  EXPECT_FALSE(rows.at(0).activations_m);
}

}  // namespace
}  // namespace joulemark::report

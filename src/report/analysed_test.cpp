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

/// A record of which only what models are counted by is known.
store::Record outline(const store::Record& full) {
  store::Record r;
  const auto counted_by = analysis::MeasuredModels::columns();
  for (const store::Column& c : store::columns()) {
    if (std::ranges::find(counted_by, c.name) != counted_by.end())
      from_text(r, c, to_text(full, c));
  }
  return r;
}

TEST(MeasuredModels, AreCountedByTheirColumnsAloneAsTheyAreChosenByAll) {
  std::vector<store::Record> records;
  const auto add = [&](const char* run, auto&& change) {
    store::Record r = record("alpha");
    r.run = run;
    change(r);
    records.push_back(r);
  };
  add("a", [](store::Record&) {});
  add("b", [](store::Record& r) { r.measured_at = "2031-01-01T00:00:00Z"; });  // the newest
  add("c", [](store::Record& r) { r.input_size = "288x288"; });
  add("d", [](store::Record& r) { r.policy = "fixed", r.batch = 7; });
  add("e", [](store::Record& r) { r.architecture = "beta", r.flags = {"throttled"}; });
  add("f", [](store::Record& r) { r.architecture = "beta", r.flags = {"no-such-flag"}; });
  add("g", [](store::Record& r) { r.architecture = "beta", r.status = "crashed"; });
  add("h", [](store::Record& r) { r.architecture = "beta", r.weights = "default:1"; });
  add("i", [](store::Record& r) { r.architecture = "beta", r.ci95_rel.reset(); });
  add("j", [](store::Record& r) { r.architecture = "beta", r.energy_j_per_image.reset(); });
  add("k", [](store::Record& r) { r.architecture = "beta", r.setup = "elsewhere"; });
  const auto full = analysis_rows(records, small());
  std::size_t chosen = 0;
  for (const char* policy : {"throughput", "fixed", ""}) {
    analysis::MeasuredModels models(policy);
    for (const store::Record& r : records) models.add(measured_row(outline(r)));
    for (const std::string& setup : {record("alpha").setup, std::string("elsewhere")}) {
      const std::size_t number = analysis::choose(full, setup, policy).rows.size();
      EXPECT_EQ(models.models_of(setup), number) << setup << " " << policy;
      chosen += number;
    }
    EXPECT_EQ(models.rows_of("elsewhere"), 1u);
    EXPECT_EQ(models.rows_of("nowhere"), 0u);
  }
  EXPECT_GE(chosen, 6U) << "else this says nothing";
}

}  // namespace
}  // namespace joulemark::report

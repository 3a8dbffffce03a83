#include "report/joined.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "report/testing/record.hpp"
#include "store/columns.hpp"

namespace joulemark::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// `alpha` with two sets of weights tested at 224 and one at 288; `beta` is known and was not
/// tested at 160, where it was counted.
catalogue::Catalogue small() {
  const auto tested = [](const char* architecture, const char* tag, std::int64_t size,
                         double top1) {
    catalogue::Evaluation e{architecture, tag, size, 0.95, "bicubic", {}};
    e.on[0] = catalogue::Accuracy{top1, top1 + 10.0};
    return e;
  };
  catalogue::Catalogue c;
  c.families = {{"greek", catalogue::Kind::cnn, "1512.03385", catalogue::Month{2015, 12}, "", ""}};
  c.architectures = {{"alpha", "greek", "", "one", 25.56}, {"beta", "greek", "", "x", 5.0}};
  c.weights = {{"alpha", "one", "in1k", "mit", "2110.00476", catalogue::Month{2021, 10}},
               {"alpha", "two", "in21k", "", "", {}},
               {"beta", "x", "in1k", "", "", {}}};
  c.evaluations = {tested("alpha", "one", 224, 70.0), tested("alpha", "one", 288, 72.0),
                   tested("alpha", "two", 224, 75.0), tested("beta", "x", 224, 60.0)};
  c.costs = {{"alpha", 224, 4.1, 11.1, 25.56, 291}, {"beta", 160, 0.5, 1.5, 5.0, 291}};
  return c;
}

store::Record record(const std::string& model, const std::string& size = "224x224") {
  store::Record r = testing::record(model, size);
  r.scope = "board";
  r.measured_at = "2026-11-01T00:00:00Z";
  return r;
}

std::vector<std::string> models(const std::vector<Joined>& rows) {
  std::vector<std::string> names;
  for (const Joined& j : rows) names.push_back(j.model + " <- " + j.measured->model);
  return names;
}

std::vector<std::string> joined_models(const std::vector<store::Record>& records) {
  static const catalogue::Catalogue kSmall = small();
  return models(join(records, kSmall));
}

TEST(Join, GivesTheEnergyOfAnArchitectureToAllItsTestedWeights) {
  EXPECT_THAT(joined_models({record("alpha")}),
              ElementsAre("alpha.one <- alpha", "alpha.two <- alpha"));
  EXPECT_THAT(joined_models({record("alpha", "288x288")}), ElementsAre("alpha.one <- alpha"));
}

TEST(Join, PrefersTheWeightsThatWereMeasured) {
  EXPECT_THAT(joined_models({record("alpha.two"), record("alpha.one")}),
              ElementsAre("alpha.one <- alpha.one", "alpha.two <- alpha.two"));
}

TEST(Join, PrefersARecordThatSucceededAndThenTheLaterOne) {
  store::Record failed = record("alpha.one");
  failed.status = "crashed";
  failed.energy_j_per_image = std::nullopt;
  EXPECT_THAT(joined_models({failed, record("alpha.two")}),
              ElementsAre("alpha.one <- alpha.two", "alpha.two <- alpha.two"));
  store::Record later = record("alpha");
  later.measured_at = "2026-11-02T00:00:00Z";
  later.run = "later";
  const catalogue::Catalogue c = small();
  const std::vector<store::Record> records = {later, record("alpha")};
  const auto rows = join(records, c);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].measured->run, "later");
}

TEST(Join, KeepsConfigurationsApart) {
  store::Record other_setup = record("beta");
  other_setup.setup = "cpu";
  store::Record batch_1 = record("beta");
  batch_1.policy = "batch_1";
  store::Record fixed_8 = record("beta");
  fixed_8.policy = "fixed";
  fixed_8.batch = 8;
  store::Record fixed_9 = fixed_8;
  fixed_9.batch = 9;
  EXPECT_EQ(joined_models({record("beta"), other_setup, batch_1, fixed_8, fixed_9}).size(), 5u);
}

TEST(Join, LosesNoRecordForWhichNothingIsPublished) {
  EXPECT_THAT(joined_models({record("gamma.mine")}), ElementsAre("gamma.mine <- gamma.mine"));
  EXPECT_THAT(joined_models({record("alpha", "64x64")}), ElementsAre("alpha <- alpha"));
  EXPECT_THAT(joined_models({record("alpha", "224x288")}), ElementsAre("alpha <- alpha"));
  EXPECT_THAT(joined_models({record("alpha.mine")}),
              ElementsAre("alpha.mine <- alpha.mine", "alpha.one <- alpha.mine",
                          "alpha.two <- alpha.mine"));
  EXPECT_THAT(joined_models({}), IsEmpty());
}

TEST(Join, KnowsOfUntestedSizesWhatDoesNotDependOnThem) {
  const catalogue::Catalogue c = small();
  const std::vector<store::Record> records = {record("beta", "160x160"), record("beta", "96x96")};
  const auto rows = join(records, c);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].cost, nullptr) << "96 comes first and was not counted";
  ASSERT_NE(rows[1].cost, nullptr);
  EXPECT_EQ(rows[1].tested, nullptr);
  EXPECT_EQ(rows[0].family->name, "greek");
}

std::vector<nlohmann::json> json_rows(const std::vector<store::Record>& records) {
  const catalogue::Catalogue c = small();
  return nlohmann::json::parse(joined_json(join(records, c)));
}

TEST(JoinedRows, HaveEveryValueWithItsOriginAndInterval) {
  const auto rows = json_rows({record("alpha")});
  ASSERT_EQ(rows.size(), 2u);
  const auto& one = rows[0];
  EXPECT_EQ(one.at("model"), "alpha.one");
  EXPECT_EQ(one.at("measured_model"), "alpha");
  EXPECT_EQ(one.at("energy_origin"), "measured");
  EXPECT_EQ(one.at("energy_j_per_image"), 0.025);
  EXPECT_EQ(one.at("ci95_rel"), 0.004);
  EXPECT_EQ(one.at("imagenet_top1"), 70.0);
  EXPECT_EQ(one.at("imagenet_origin"), "published");
  EXPECT_NEAR(one.at("imagenet_top1_ci95").get<double>(), 0.4017, 1e-4);
  EXPECT_EQ(one.at("gmacs"), 4.1);
  EXPECT_EQ(one.at("parameters_m"), 25.56);
  EXPECT_EQ(one.at("kind"), "CNN");
  EXPECT_EQ(one.at("architecture_date"), "2015-12");
  EXPECT_EQ(one.at("recipe_date"), "2021-10");
  EXPECT_EQ(rows[1].at("recipe_date"), nullptr);
  EXPECT_EQ(rows[1].at("licence"), nullptr);
}

TEST(JoinedRows, LeaveWhatIsNotKnownEmpty) {
  store::Record failed = record("gamma");
  failed.status = "crashed";
  failed.energy_j_per_image = std::nullopt;
  const auto rows = json_rows({failed});
  ASSERT_EQ(rows.size(), 1u);
  for (const char* column :
       {"energy_origin", "energy_j_per_image", "imagenet_top1", "imagenet_top1_ci95",
        "imagenet_origin", "sketch_top5", "gmacs", "parameters_m", "family", "recipe_date"}) {
    EXPECT_EQ(rows[0].at(column), nullptr) << column;
  }
  EXPECT_EQ(rows[0].at("status"), "crashed");
}

TEST(JoinedRows, AreTheSameInCsv) {
  const catalogue::Catalogue c = small();
  const std::vector<store::Record> records = {record("alpha")};
  const std::string csv = joined_csv(join(records, c));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv, HasSubstr("\nalpha.one,alpha,measured,alpha,224x224,gpu,"));
  const std::size_t header_commas = static_cast<std::size_t>(
      std::count(csv.begin(), csv.begin() + static_cast<std::ptrdiff_t>(csv.find('\n')), ','));
  EXPECT_EQ(header_commas + 1, joined_columns().size());
  const auto rows = json_rows(records);
  EXPECT_EQ(rows[0].size(), joined_columns().size());
}

TEST(JoinedColumns, TheirPageSaysTheSame) {
  std::ifstream in(JOULEMARK_JOINED_PAGE);
  ASSERT_TRUE(in) << JOULEMARK_JOINED_PAGE;
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  const auto of_a_record = [](const JoinedColumn& c) {
    return std::any_of(
        store::columns().begin(), store::columns().end(),
        [&](const store::Column& s) { return s.name == c.name && c.name != "model"; });
  };
  const auto of_another_set = [](const JoinedColumn& c) {
    const auto sets = catalogue::test_sets().subspan(1);
    return std::any_of(sets.begin(), sets.end(), [&](const catalogue::TestSetName& set) {
      return c.name.starts_with(std::string(set.column) + "_top") ||
             c.name == std::string(set.column) + "_origin";
    });
  };
  std::size_t compared = 0;
  for (const JoinedColumn& c : joined_columns()) {
    if (of_a_record(c) || of_another_set(c)) continue;
    const std::string unit = c.unit.empty() ? "" : c.unit + " ";
    EXPECT_THAT(page, HasSubstr("| `" + c.name + "` | " + unit + "| " + c.meaning + " |"));
    ++compared;
  }
  EXPECT_EQ(compared, 20u);
}

TEST(Side, IsOfASquare) {
  EXPECT_EQ(side("224x224"), 224);
  EXPECT_EQ(side("224x288"), std::nullopt);
  EXPECT_EQ(side("ax a"), std::nullopt);
  EXPECT_EQ(side("224"), std::nullopt);
  EXPECT_EQ(side(""), std::nullopt);
}

}  // namespace
}  // namespace joulemark::report

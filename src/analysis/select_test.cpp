#include "analysis/select.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "analysis/common.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::row;

std::vector<std::string> runs(const Chosen& chosen) {
  std::vector<std::string> names;
  for (const Row* r : chosen.rows) names.push_back(r->run);
  return names;
}

TEST(Unfit, SaysWhyARowIsLeftOut) {
  const auto with = [](auto change) {
    Row r = row("a", 1.0);
    change(r);
    return unfit(r);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(unfit(row("a", 1.0)));
  EXPECT_EQ(with([](Row& r) { r.status = "crashed"; }), Unfit::failed);
  EXPECT_EQ(with([](Row& r) { r.energy_j_per_image.reset(); }), Unfit::no_energy);
  EXPECT_EQ(with([](Row& r) { r.energy_j_per_image = 0.0; }), Unfit::bad_energy);
  EXPECT_EQ(with([](Row& r) { r.energy_j_per_image = -1.0; }), Unfit::bad_energy);
  EXPECT_EQ(with([&](Row& r) { r.energy_j_per_image = nan; }), Unfit::bad_energy);
  EXPECT_EQ(with([](Row& r) { r.ci95_rel.reset(); }), Unfit::no_interval);
  EXPECT_EQ(with([&](Row& r) { r.ci95_rel = nan; }), Unfit::no_interval);
  EXPECT_EQ(with([](Row& r) { r.ci95_rel = -0.1; }), Unfit::no_interval);
  EXPECT_EQ(with([](Row& r) { r.weights = "default:1"; }), Unfit::weights_default);
  EXPECT_EQ(with([](Row& r) { r.flags = {"drifted", "throttled"}; }), Unfit::disturbed);
  EXPECT_EQ(with([](Row& r) { r.flags = {"tomorrows_flag"}; }), Unfit::unknown_flag);
}

TEST(Unfit, KeepsWhatFlagsSayOfTheSetupAndNotOfADisturbance) {
  for (const char* flag : {"power_capped", "weights_random", "estimated", "host_bound", "drifted",
                           "short_window", "persistence_off", "idle_shared", "wall_clock_set"}) {
    Row r = row("a", 1.0);
    r.flags = {flag};
    EXPECT_FALSE(unfit(r)) << flag;
  }
}

/// The table of docs/method.md is where flags are defined.
TEST(FlagUses, AreOfEveryFlagOfTheMethod) {
  std::ifstream file(JOULEMARK_METHOD_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  ASSERT_THAT(page.str(), HasSubstr("## Flags"));
  std::string table = page.str().substr(page.str().find("## Flags"));
  table = table.substr(0, table.find("\n\nAll conditions"));
  std::size_t flags = 0;
  for (std::size_t at = table.find("\n| `"); at != std::string::npos;
       at = table.find("\n| `", at + 1)) {
    const std::size_t begin = at + 4;
    const std::string flag = table.substr(begin, table.find('`', begin) - begin);
    ++flags;
    EXPECT_TRUE(std::ranges::any_of(flag_uses(), [&](const FlagUse& u) { return u.flag == flag; }))
        << flag;
  }
  EXPECT_EQ(flags, flag_uses().size());
}

TEST(Choose, TakesTheNewestFitRowOfEachConfiguration) {
  std::vector<Row> rows = {row("a", 1.0), row("a", 2.0), row("a", 3.0), row("b", 4.0)};
  rows[0].run = "old";
  rows[1].run = "newer";
  rows[1].measured_at = "2026-11-02T00:00:00Z";
  rows[2].run = "newest, throttled";
  rows[2].measured_at = "2026-11-03T00:00:00Z";
  rows[2].flags = {"throttled"};
  const Chosen chosen = choose(rows, "gpu", "throughput");
  EXPECT_THAT(runs(chosen), ElementsAre("newer", "gpu/b"));
  ASSERT_EQ(chosen.left_out.size(), 2U);
  EXPECT_EQ(chosen.left_out[0].reason, "disturbed");
  EXPECT_THAT(chosen.left_out[0].which, ElementsAre("newest, throttled"));
  EXPECT_EQ(chosen.left_out[1].reason, "measured_again");
  EXPECT_THAT(chosen.left_out[1].which, ElementsAre("old"));
}

TEST(Choose, TakesTheNewestWhateverTheOrderOfRows) {
  std::vector<Row> rows = {row("a", 1.0), row("a", 2.0)};
  rows[0].run = "newer";
  rows[0].measured_at = "2026-11-02T00:00:00Z";
  rows[1].run = "old";
  EXPECT_THAT(runs(choose(rows, "gpu", "throughput")), ElementsAre("newer"));
}

TEST(Choose, MixesNeitherSetupsNorPoliciesNorSizes) {
  std::vector<Row> rows = {row("a", 1.0), row("a", 2.0, {}, "cpu"), row("a", 3.0), row("a", 4.0)};
  rows[2].policy = "batch_1";
  rows[3].input_size = "288x288";
  rows[3].run = "larger";
  EXPECT_THAT(runs(choose(rows, "gpu", "throughput")), ElementsAre("gpu/a", "larger"));
  EXPECT_THAT(runs(choose(rows, "cpu", "throughput")), ElementsAre("cpu/a"));
  EXPECT_THAT(runs(choose(rows, "tpu", "throughput")), IsEmpty());
}

TEST(Choose, OfAllPoliciesKeepsEachBatch) {
  std::vector<Row> rows = {row("a", 1.0), row("a", 2.0), row("a", 3.0)};
  rows[1].policy = "batch_1";
  rows[1].batch = 1;
  rows[1].run = "one";
  rows[2].policy = "fixed";
  rows[2].run = "the same batch, later";
  rows[2].measured_at = "2026-11-02T00:00:00Z";
  EXPECT_THAT(runs(choose(rows, "gpu", "")), ElementsAre("one", "the same batch, later"));
}

TEST(ChooseSetup, TakesTheOneWithMostAndNamesTheOthers) {
  const std::vector<Row> rows = {row("a", 1.0, {}, "x"), row("a", 1.0, {}, "y"),
                                 row("b", 1.0, {}, "y"), row("a", 1.0, {}, "z")};
  const auto worth = [&](const std::string& s) {
    return choose(rows, s, "throughput").rows.size();
  };
  const auto choice = choose_setup(rows, worth);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->setup, "y");
  EXPECT_THAT(choice->others, ElementsAre("x", "z"));
  // Among equals the first by name, so that the choice is the same every time.
  EXPECT_EQ(choose_setup(rows, [](const std::string&) { return 0; })->setup, "x");
}

TEST(MostMeasured, CountsModelsThatAreFitUnderThePolicy) {
  std::vector<Row> rows{row("a", 1.0, {}, "many"), row("a", 2.0, {}, "many"),
                        row("a", 1.0, {}, "two"), row("b", 1.0, {}, "two")};
  const auto choice = most_measured(rows, "throughput");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->setup, "two") << "one model measured twice is one model";
  EXPECT_THAT(choice->others, ElementsAre("many"));
  rows[2].flags = rows[3].flags = {"throttled"};
  EXPECT_EQ(most_measured(rows, "throughput")->setup, "many");
  EXPECT_FALSE(most_measured({}, "throughput"));
}

TEST(MostMeasured, CountsAModelOnceAndOnlyWhatIsFit) {
  std::vector<Row> rows(8, row("a", 1.0));
  rows[1].measured_at = "2031-01-01T00:00:00Z";
  rows[2].input_size = "288x288";
  rows[3].policy = "batch_1";
  rows[4] = row("b", 1.0);
  rows[4].flags = {"throttled"};
  rows[5] = row("b", 1.0);
  rows[5].status = "crashed";
  rows[6] = row("b", 1.0);
  rows[6].weights = "default:1";
  rows[7] = row("b", 1.0, {}, "elsewhere");
  for (const char* policy : {"throughput", "batch_1", ""}) {
    for (const char* setup : {"gpu", "elsewhere", "nowhere"})
      EXPECT_EQ(models_of(rows, setup, policy), choose(rows, setup, policy).rows.size());
  }
  EXPECT_EQ(models_of(rows, "gpu", "throughput"), 2u);
}

/// Asks as a reader of a store does, and says which setups were looked into.
struct Search {
  std::string setup;
  std::vector<std::string> others, looked_into;
};
Search search(const std::map<std::string, std::size_t>& rows,
              const std::map<std::string, std::size_t>& models) {
  MostMeasured most(rows);
  Search s;
  while (const auto setup = most.next()) {
    s.looked_into.push_back(*setup);
    most.counted(models.at(*setup));
  }
  const auto choice = most.most();
  s.setup = choice->setup;
  s.others = choice->others;
  return s;
}

TEST(MostMeasured, LooksIntoNoSetupThatCannotHaveTheMost) {
  const Search usual =
      search({{"a", 5}, {"b", 9}, {"c", 9}, {"d", 8}}, {{"a", 5}, {"b", 9}, {"c", 9}, {"d", 8}});
  EXPECT_EQ(usual.setup, "b");
  EXPECT_THAT(usual.others, ElementsAre("a", "c", "d"));
  EXPECT_THAT(usual.looked_into, ElementsAre("b"));
  const Search few =
      search({{"a", 5}, {"b", 9}, {"c", 9}, {"d", 8}}, {{"a", 5}, {"b", 2}, {"c", 5}, {"d", 4}});
  EXPECT_EQ(few.setup, "a") << "the first by name among equals";
  EXPECT_THAT(few.looked_into, ElementsAre("b", "c", "d", "a"));
  const Search none = search({{"a", 1}, {"b", 3}}, {{"a", 0}, {"b", 0}});
  EXPECT_EQ(none.setup, "a");
  EXPECT_FALSE(MostMeasured({}).most());
}

/// Whatever there is, the choice is that of all rows.
TEST(MostMeasured, FindsWhatCountingAllFinds) {
  for (std::size_t seed = 0; seed < 500; ++seed) {
    std::map<std::string, std::size_t> rows, models;
    for (std::size_t i = 0; i < 1 + seed % 6; ++i) {
      const std::string setup(1, static_cast<char>('a' + (i * 7 + seed) % 26));
      rows[setup] = (seed / (i + 1)) % 5 + 1;
      models[setup] = (seed / (2 * i + 3)) % (rows[setup] + 1);
    }
    const auto best = std::ranges::max_element(
        models, [](const auto& a, const auto& b) { return a.second < b.second; });
    EXPECT_EQ(search(rows, models).setup, best->first) << seed;
  }
}

TEST(ChooseSetup, OfNoRowsIsAnError) {
  const auto choice = choose_setup({}, [](const std::string&) { return 0; });
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().kind, ErrorKind::not_found);
}

TEST(CheckAccuracies, RefusesShares) {
  EXPECT_TRUE(check_accuracies(std::vector<Row>{row("a", 1.0, 76.1), row("b", 1.0)}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.761, 1.0, 0.0, -5.0, 100.1, nan}) {
    const auto checked =
        check_accuracies(std::vector<Row>{row("a", 1.0, 76.1), row("b", 1.0, bad)});
    ASSERT_FALSE(checked) << bad;
    EXPECT_THAT(checked.error().message(), HasSubstr("b.best"));
  }
}

TEST(OwnRel, LeavesOutWhatBothRowsShare) {
  Row r = row("a", 1.0);
  r.ci95_rel = 0.03;
  r.systematic_rel = 0.5;
  r.systematic_terms = {{"sensor", 0.1}, {"weights_random", 0.04}};
  EXPECT_DOUBLE_EQ(*own_rel(r, kSharedBetweenModels), 0.05);
  EXPECT_DOUBLE_EQ(*own_rel(r, kSharedBetweenSizes), 0.03);
  EXPECT_DOUBLE_EQ(*own_rel(r, kSharedBetweenSetups), std::hypot(0.03, 0.1));
  r.origin = "estimated";
  EXPECT_DOUBLE_EQ(*own_rel(r, kSharedBetweenSizes), std::hypot(0.03, 0.1));
  r.systematic_terms.clear();  // of an older row: nothing is known to be shared
  EXPECT_DOUBLE_EQ(*own_rel(r, kSharedBetweenModels), std::hypot(0.03, 0.5));
  r.ci95_rel.reset();
  EXPECT_FALSE(own_rel(r, kSharedBetweenModels));
}

TEST(RelBetween, HasATermOfItsOwnForTwoBoards) {
  Row a = row("a", 1.0);
  Row b = row("b", 1.0);
  const double one = std::hypot(0.01, 0.01);
  EXPECT_DOUBLE_EQ(rel_between(a, b, kSharedBetweenModels), one);
  a.board = "first";
  EXPECT_DOUBLE_EQ(rel_between(a, b, kSharedBetweenModels), one);  // of b none is known
  b.board = "first";
  EXPECT_DOUBLE_EQ(rel_between(a, b, kSharedBetweenModels), one);
  b.board = "second";
  EXPECT_DOUBLE_EQ(rel_between(a, b, kSharedBetweenModels), std::hypot(one, kBetweenBoards));
}

TEST(Remarks, SayWhatIsToBeKnownOfRowsThatAreKept) {
  std::vector<Row> rows = {row("a", 1.0), row("b", 1.0)};
  rows[0].flags = {"host_bound"};
  rows[1].method = "4";
  rows[1].origin = "simulated";
  rows[0].board = "first";
  rows[1].board = "second";
  std::vector<const Row*> kept;
  for (const Row& r : rows) kept.push_back(&r);
  const std::string text = all_text(remarks(kept));
  EXPECT_THAT(text, HasSubstr("Of 2 rows: 1 that waited for the host"));
  EXPECT_THAT(text, HasSubstr("methods 4 (1) and 5 (1)"));
  EXPECT_THAT(text, HasSubstr("; 1 of a simulated meter."));
  EXPECT_THAT(text, HasSubstr("Rows of 2 boards"));
  EXPECT_THAT(text, Not(HasSubstr("limit")));
  EXPECT_THAT(text, Not(HasSubstr("TorchScript")));
}

TEST(Words, HaveThreeDigits) {
  EXPECT_EQ(digits(0.0), "0");
  EXPECT_EQ(digits(12.345), "12.3");
  EXPECT_EQ(digits(1234.5), "1230");
  EXPECT_EQ(digits(-0.012345), "-0.0123");
  EXPECT_EQ(digits(99.96), "100");
  EXPECT_EQ(joules(0.0043219), "4.32 mJ");
  EXPECT_EQ(joules(1.5), "1.50 J");
  EXPECT_EQ(with_interval(2.0, Interval{1.0, 3.0}), "2.00 (95 %: 1.00 to 3.00)");
  EXPECT_EQ(with_interval(2.0, std::nullopt, "too few"), "2.00 (too few)");
}

TEST(Pixels, AreHeightTimesWidth) {
  EXPECT_EQ(pixels("224x224"), 50176.0);
  EXPECT_EQ(pixels("128x512"), 65536.0);
  for (const char* other : {"", "224", "224x", "x224", "224x224x3", "0x224", "-1x-1", "ax224"}) {
    EXPECT_FALSE(pixels(other)) << other;
  }
}

}  // namespace
}  // namespace joulemark::analysis

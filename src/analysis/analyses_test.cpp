#include "analysis/analyses.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <set>

#include "analysis/testing/rows.hpp"
#include "analysis/write.hpp"

namespace joulemark::analysis {
namespace {

using testing::counted;
using testing::find_left_out;
using ::testing::HasSubstr;
using testing::inputs_of;
using ::testing::IsEmpty;
using testing::repeated;
using testing::row;
using testing::sizes_of;
using testing::test_on;
using testing::weights_of;

TEST(Analyses, HaveDifferentNames) {
  std::set<std::string> names;
  for (const Analysis& a : analyses()) EXPECT_TRUE(names.insert(a.name).second) << a.name;
}

TEST(Analyses, OfNoRowsAreAnError) {
  for (const Analysis& a : analyses()) {
    const auto outcome = a.run({});
    ASSERT_FALSE(outcome) << a.name;
    EXPECT_EQ(outcome.error().kind, ErrorKind::not_found) << a.name;
  }
}

/// Whatever is wrong with all rows, no number comes out, and each row is counted.
TEST(Analyses, OfUnfitRowsSayNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.0, -1.0, nan, HUGE_VAL}) {
    for (const Analysis& a : analyses()) {
      const auto o = a.run({{row("a", bad, 70.0), row("b", bad, 71.0)}, "throughput"});
      ASSERT_TRUE(o) << a.name;
      EXPECT_TRUE(o->too_few) << a.name;
      EXPECT_THAT(o->values, IsEmpty()) << a.name;
      EXPECT_EQ(o->n, 0U) << a.name;
      EXPECT_EQ(find_left_out(*o, "bad_energy")->which.size(), 2U) << a.name;
    }
  }
}

TEST(Analyses, OfASingleModelSayNothing) {
  for (const Analysis& a : analyses()) {
    const auto o = a.run({{row("a", 0.01, 70.0)}, "throughput"});
    ASSERT_TRUE(o) << a.name;
    EXPECT_TRUE(o->too_few) << a.name;
    EXPECT_THAT(o->sentences[0], HasSubstr("Too few to say")) << a.name;
  }
}

TEST(Analyses, RefuseAccuraciesThatAreShares) {
  for (const auto run : {frontier, returns, years, families, robustness}) {
    const auto o = run({{row("a", 0.01, 0.70), row("b", 0.02, 0.71)}, "throughput"});
    ASSERT_FALSE(o);
    EXPECT_EQ(o.error().kind, ErrorKind::invalid_input);
  }
}

/// Rows have a cell for every column, and every value is finite, whatever comes in.
TEST(Analyses, AreWellFormed) {
  std::vector<Row> rows = counted(24);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].top1 = 60.0 + static_cast<double>(i);
    rows[i].kind = i % 2 == 0 ? "CNN" : "transformer";
    rows[i].family = i < 4 ? "f" : "g" + std::to_string(i);
    const catalogue::Month date{2014 + static_cast<int>(i) / 3, 6};
    rows[i].architecture_date = date;
    rows[i].weights_tested = {weights_of(rows[i].best_model, *rows[i].top1, date)};
    for (const catalogue::TestSetName& set : catalogue::test_sets()) {
      if (set.set == catalogue::TestSet::imagenet) continue;
      test_on(rows[i].weights_tested[0], set.set, *rows[i].top1 - static_cast<double>(i % 7));
    }
    rows[i].activations_m = 3.0 + static_cast<double>(i % 5);
  }
  for (const Row& r : sizes_of("s", {{1, 0.11}, {8, 0.05}, {32, 0.02}})) rows.push_back(r);
  for (const Row& r : inputs_of("i", {{128, 0.02}, {224, 0.06}, {384, 0.19}})) rows.push_back(r);
  for (const Row& r : repeated({1.0, 1.01, 1.02, 1.01})) rows.push_back(r);
  for (const char* board : {"x", "y"}) {
    rows.push_back(row("on_two", 0.05));
    rows.back().board = board;
  }
  for (std::size_t i = 0; i < 24; ++i) {
    rows.push_back(rows[i]);
    rows.back().setup = "other";
    rows.back().energy_j_per_image = *rows[i].energy_j_per_image * 0.9;
  }
  for (const Analysis& a : analyses()) {
    const auto o = a.run({rows, "throughput"});
    ASSERT_TRUE(o) << a.name;
    EXPECT_FALSE(o->too_few) << a.name;
    EXPECT_FALSE(o->rows.empty()) << a.name;
    for (const auto& cells : o->rows) EXPECT_EQ(cells.size(), o->columns.size()) << a.name;
    for (const Value& v : o->values) {
      EXPECT_TRUE(std::isfinite(v.value)) << a.name << " " << v.name;
      EXPECT_GT(v.n, 0U) << a.name << " " << v.name;
      EXPECT_EQ(v.ci95.has_value(), v.no_interval.empty()) << a.name << " " << v.name;
      if (!v.ci95) continue;
      EXPECT_LE(v.ci95->low, v.ci95->high) << a.name << " " << v.name;
    }
    EXPECT_FALSE(o->figures.empty()) << a.name;
    std::set<std::string> files;
    for (const figure::Figure& f : o->figures) {
      EXPECT_TRUE(files.insert(file_of(a, f)).second) << file_of(a, f);
      const auto sound = figure::check(f);
      EXPECT_TRUE(sound) << a.name << ": " << (sound ? "" : sound.error().message());
      EXPECT_THAT(f.subtitle, HasSubstr("n = ")) << a.name;
    }
  }
}

}  // namespace
}  // namespace joulemark::analysis

#include "figure/figure.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "figure/json.hpp"
#include "figure/testing/figures.hpp"

namespace joulemark::figure {
namespace {

using testing::forest;
using ::testing::HasSubstr;
using testing::scatter;

std::string problem_of(const Figure& f) {
  const auto sound = check(f);
  return sound ? "" : sound.error().what;
}

TEST(Check, PassesWhatCanBeDrawn) {
  EXPECT_EQ(problem_of(scatter(20)), "");
  EXPECT_EQ(problem_of(forest(3)), "");
}

TEST(Check, RefusesNothing) {
  Figure f = scatter(0);
  EXPECT_THAT(problem_of(f), HasSubstr("shows nothing"));
}

TEST(Check, RefusesWhatIsNotFinite) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), HUGE_VAL, -HUGE_VAL}) {
    Figure f = scatter(5);
    f.marks[2].y = bad;
    EXPECT_THAT(problem_of(f), HasSubstr("top-1 of 'model_2'"));
    f = scatter(5);
    f.marks[2].x_range->high = bad;
    EXPECT_NE(problem_of(f), "");
    f = scatter(5);
    f.lines[0].places[0].x = bad;
    EXPECT_THAT(problem_of(f), HasSubstr("energy of 'frontier'"));
    f = scatter(5);
    f.references = {{false, bad, "here"}};
    EXPECT_THAT(problem_of(f), HasSubstr("top-1 of 'here'"));
    f = scatter(5);
    f.bands = {{"band", {{0.01, {60.0, bad}}}}};
    EXPECT_THAT(problem_of(f), HasSubstr("top-1 of 'band'"));
  }
}

TEST(Check, RefusesWhatIsTooLarge) {
  Figure f = scatter(5);
  f.marks[2].y = 1e200;
  EXPECT_THAT(problem_of(f), HasSubstr("is too large"));
}

TEST(Check, RefusesWhatHasNoLogarithm) {
  for (const double bad : {0.0, -0.01}) {
    Figure f = scatter(5);
    f.marks[1].x = bad;
    EXPECT_THAT(problem_of(f), HasSubstr("not above 0 on a logarithmic axis"));
    f.x.scale = Scale::linear;
    EXPECT_EQ(problem_of(f), "");
  }
}

TEST(Check, RefusesIndicesOfNothing) {
  Figure f = scatter(5);
  f.marks[0].group = 2;
  EXPECT_THAT(problem_of(f), HasSubstr("of no group"));
  f = scatter(5);
  f.lines[0].group = 2;
  EXPECT_THAT(problem_of(f), HasSubstr("of no group"));
  for (const double bad : {-1.0, 3.0, 0.5}) {
    f = forest(1);
    f.marks[0].y = bad;
    EXPECT_THAT(problem_of(f), HasSubstr("is no category"));
  }
}

TEST(Check, RefusesAnIntervalThatIsTurned) {
  Figure f = scatter(5);
  f.marks[0].x_range = Range{0.2, 0.1};
  EXPECT_THAT(problem_of(f), HasSubstr("changed places"));
}

TEST(Extent, HoldsIntervalsLinesAndReferences) {
  Figure f = scatter(5);
  EXPECT_DOUBLE_EQ(extent(f, true).low, 0.9 * 0.004);
  f.references = {{false, 99.0, ""}, {true, 0.001, ""}};
  f.bands = {{"", {{0.01, {12.0, 13.0}}}}};
  EXPECT_EQ(extent(f, true).low, 0.001);
  EXPECT_EQ(extent(f, false).low, 12.0);
  EXPECT_EQ(extent(f, false).high, 99.0);
}

TEST(ToJson, HasWhatAPageNeedsToDrawIt) {
  Figure f = scatter(8);
  f.marks[1].hollow = true;
  f.marks[1].remark = "why";
  const auto j = to_json(f);
  EXPECT_EQ(j["x"]["scale"], "logarithmic");
  EXPECT_EQ(j["y"]["unit"], "%");
  EXPECT_EQ(j["groups"].size(), 2U);
  ASSERT_EQ(j["marks"].size(), 8U);
  EXPECT_EQ(j["marks"][1]["x"], f.marks[1].x);
  EXPECT_EQ(j["marks"][1]["x_range"][1], f.marks[1].x_range->high);
  EXPECT_EQ(j["marks"][1]["hollow"], true);
  EXPECT_EQ(j["marks"][1]["remark"], "why");
  EXPECT_FALSE(j["marks"][2].contains("hollow"));
  EXPECT_EQ(j["lines"][0]["steps"], true);
  EXPECT_EQ(j["lines"][0]["places"].size(), f.lines[0].places.size());
  EXPECT_EQ(to_json(forest(1))["y"]["categories"].size(), 3U);
  EXPECT_EQ(to_json(forest(1))["references"][0]["axis"], "x");
}

}  // namespace
}  // namespace joulemark::figure

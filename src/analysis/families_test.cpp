#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "analysis/analyses.hpp"
#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using ::testing::ElementsAre;
using testing::find;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ran;
using testing::row;

Row of(const std::string& kind, const std::string& family, const std::string& name, double joules,
       double top1) {
  Row r = row(name, joules, top1);
  r.kind = kind;
  r.family = family;
  return r;
}

/// CNNs are the cheapest at 76 %, transformers from 80 % on.
std::vector<Row> two_kinds() {
  return {
      of("CNN", "resnet", "small", 0.01, 76.5),     of("CNN", "resnet", "middle", 0.03, 80.5),
      of("CNN", "resnet", "large", 0.20, 80.0),     of("transformer", "vit", "tiny", 0.015, 76.0),
      of("transformer", "vit", "base", 0.02, 80.0), of("transformer", "swin", "huge", 0.10, 84.0),
      of("MLP", "mixer", "mixer", 0.05, 77.0),      of("other", "pool", "pool", 0.04, 78.0)};
}

TEST(Families, CompareKindsAtEqualAccuracy) {
  const Outcome o = ran(families, two_kinds());
  EXPECT_EQ(o.n, 8U);
  EXPECT_EQ(find(o, "times_at_accuracy", "CNN at 76 %")->value, 1.0);
  EXPECT_EQ(find(o, "times_at_accuracy", "CNN at 76 %")->ci95->high, 1.0);
  const Value* dearer = find(o, "times_at_accuracy", "CNN at 80 %");
  EXPECT_DOUBLE_EQ(dearer->value, 1.5);
  EXPECT_NEAR(dearer->ci95->high, 1.5 * std::exp(std::hypot(0.01, 0.01)), 1e-12);
  EXPECT_EQ(dearer->n, 2U) << "the large one is as accurate too";
  EXPECT_EQ(find(o, "times_at_accuracy", "CNN at 82 %"), nullptr);
  EXPECT_DOUBLE_EQ(find(o, "times_at_accuracy", "transformer at 76 %")->value, 1.5);
  EXPECT_DOUBLE_EQ(find(o, "times_at_accuracy", "transformer at 84 %")->value, 1.0);
  const std::string text = all_text(o.sentences);
  EXPECT_THAT(text,
              HasSubstr("The cheapest of 3 CNNs is the cheapest of all at 74 and 76 % top-1 and "
                        "elsewhere takes from 1.50 (95 %: 1.48 to 1.52) times the least energy "
                        "at 78 % top-1 to 1.50 (95 %: 1.48 to 1.52) times at 80 %; none has 82 "
                        "%."));
}

TEST(Families, TellEachKindsOwnFrontierAndItsMedian) {
  const Outcome o = ran(families, two_kinds());
  EXPECT_EQ(find(o, "own_frontier", "CNN")->value, 2.0);
  EXPECT_EQ(find(o, "on_common_frontier", "CNN")->value, 2.0) << "at 76.5 and at 80.5 %";
  EXPECT_EQ(find(o, "own_frontier", "transformer")->value, 3.0);
  EXPECT_EQ(find(o, "on_common_frontier", "transformer")->value, 2.0);
  EXPECT_DOUBLE_EQ(find(o, "median_times_cheapest", "CNN")->value, 1.0);
  EXPECT_DOUBLE_EQ(find(o, "median_times_cheapest", "resnet")->value, 1.0);
  EXPECT_THAT(find(o, "median_times_cheapest", "CNN")->no_interval, HasSubstr("fewer than six"));
  EXPECT_THAT(column(o, "model"),
              ElementsAre(Cell("small"), Cell("middle"), Cell("tiny"), Cell("base"), Cell("huge"),
                          Cell("small"), Cell("middle")));
  EXPECT_THAT(column(o, "cheapest"),
              ElementsAre(Cell("small"), Cell("middle"), Cell("small"), Cell("base"), Cell("huge"),
                          Cell("small"), Cell("middle")));
  EXPECT_DOUBLE_EQ(std::get<double>(column(o, "times_cheapest")[2]), 1.5);
}

TEST(Families, SayWhoHasTooFewModels) {
  const Outcome o = ran(families, two_kinds());
  EXPECT_THAT(all_text(o.caveats),
              HasSubstr("hybrid (0 models), MLP (1 model) and 1 model of no one kind"));
  EXPECT_THAT(all_text(o.sentences),
              HasSubstr("as accurate: resnet 1.00 (fewer than six values) times (3 models)."));
  EXPECT_EQ(find(o, "median_times_cheapest", "vit"), nullptr);
}

TEST(Families, CountWhatIsNotComparedAmongAll) {
  auto rows = two_kinds();
  rows.push_back(of("MLP", "mixer", "best", 0.001, 85.0));
  const Outcome o = ran(families, rows);
  EXPECT_DOUBLE_EQ(find(o, "times_at_accuracy", "transformer at 84 %")->value, 100.0);
  EXPECT_THAT(all_text(o.sentences), Not(HasSubstr("is the cheapest of all")));
}

TEST(Families, OfWhichManyAreNamedFromBothEnds) {
  auto rows = two_kinds();
  for (int family = 1; family <= 8; ++family) {
    for (int i = 0; i < 3; ++i) {
      rows.push_back(of("CNN", "f" + std::to_string(family), fmt::format("m{}{}", family, i),
                        0.03 * family, 76.0));
    }
  }
  EXPECT_THAT(all_text(ran(families, rows).sentences),
              HasSubstr("resnet 1.00 (fewer than six values) times (3 models), f1 3.00 (fewer than "
                        "six values) times (3 models), f2 6.00 (fewer than six values) times (3 "
                        "models), 3 others between, f6 18.0"));
}

TEST(Families, OfOneKindAreTooFewToSay) {
  auto rows = two_kinds();
  std::erase_if(rows, [](const Row& r) { return r.kind == "transformer"; });
  const Outcome o = ran(families, rows);
  EXPECT_TRUE(o.too_few);
  EXPECT_THAT(o.sentences[0], HasSubstr("only CNN has them"));
  EXPECT_THAT(o.values, IsEmpty());
}

}  // namespace
}  // namespace joulemark::analysis

#include "catalogue/select.hpp"

#include <gmock/gmock.h>

#include "catalogue/build.hpp"
#include "catalogue/built_in.hpp"
#include "catalogue/testing/small.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Catalogue& small() {
  static const Catalogue kSmall =
      build(testing::small_tables(), {"facts", testing::kSmallFacts, "abc"}).value().catalogue;
  return kSmall;
}

std::vector<std::string> names(const Query& q, const Catalogue& c = small()) {
  std::vector<std::string> result;
  for (const Selected& s : select(c, q)) result.push_back(s.architecture->name);
  return result;
}

TEST(Select, TakesAllWithoutLimits) { EXPECT_THAT(names({}), ElementsAre("alpha", "beta_224")); }

TEST(Select, LimitsByName) {
  EXPECT_THAT(names({.architecture = "al*"}), ElementsAre("alpha"));
  EXPECT_THAT(names({.architecture = "al"}), IsEmpty());
  EXPECT_THAT(names({.family = "beta?"}), ElementsAre("beta_224"));
  EXPECT_THAT(names({.kind = Kind::cnn}), ElementsAre("alpha"));
  EXPECT_THAT(names({.kind = Kind::mlp}), IsEmpty());
}

TEST(Select, LimitsTheTop1OfTheBestEvaluation) {
  EXPECT_THAT(names({.min_top1 = 75.0}), ElementsAre("alpha", "beta_224"));
  EXPECT_THAT(names({.min_top1 = 75.01}), ElementsAre("beta_224"));
  EXPECT_THAT(names({.max_top1 = 75.0}), ElementsAre("alpha"));
  EXPECT_THAT(names({.min_top1 = 76.0, .max_top1 = 79.0}), IsEmpty());
  const auto selected = select(small(), {.architecture = "alpha"});
  ASSERT_EQ(selected.size(), 1u);
  EXPECT_EQ(selected[0].best->tag, "two");
}

TEST(Select, LimitsSizeOfNetworkAndOfImage) {
  EXPECT_THAT(names({.max_parameters_m = 5.39}), ElementsAre("beta_224"));
  EXPECT_THAT(names({.max_parameters_m = 5.38}), IsEmpty());
  EXPECT_THAT(names({.max_input_size = 223}), IsEmpty());
  EXPECT_THAT(names({.max_input_size = 224}), ElementsAre("alpha", "beta_224"));
}

TEST(Select, LeavesOutWhoseYearIsNotKnown) {
  EXPECT_THAT(names({.from_year = 1990}), ElementsAre("alpha")) << "beta has no date";
  EXPECT_THAT(names({.from_year = 2015, .to_year = 2015}), ElementsAre("alpha"));
  EXPECT_THAT(names({.from_year = 2016}), IsEmpty());
  EXPECT_THAT(names({.to_year = 2014}), IsEmpty());
}

TEST(Select, FindsWhatACampaignMayAskFor) {
  const auto accurate =
      names({.kind = Kind::cnn, .min_top1 = 84.0, .max_parameters_m = 60.0}, built_in());
  EXPECT_THAT(accurate, Contains("convnext_tiny"));
  EXPECT_THAT(accurate, ::testing::Not(Contains("resnet50")));
  EXPECT_THAT(names({.family = "vgg", .to_year = 2014}, built_in()), Contains("vgg16"));
}

}  // namespace
}  // namespace joulemark::catalogue

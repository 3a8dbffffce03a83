#include "catalogue/published.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "catalogue/built_in.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::HasSubstr;

TEST(Published, IsFoundByArchitectureTagAndSize) {
  const auto p = published("resnet18", "a1_in1k", 288);
  ASSERT_TRUE(p);
  EXPECT_DOUBLE_EQ(p->top1, 73.164);  // timm, results-imagenet.csv
  EXPECT_DOUBLE_EQ(p->top5, 91.054);
  EXPECT_DOUBLE_EQ(p->parameters, 11.69e6);
  EXPECT_TRUE(p->tag_as_asked);
}

TEST(Published, SaysWhichTagItTookWhenNoneOrAnotherWasAsked) {
  for (const char* tag : {"", "my_own"}) {
    const auto p = published("resnet18", tag, 224);
    ASSERT_TRUE(p) << tag;
    EXPECT_EQ(p->tag, "a1_in1k");
    EXPECT_FALSE(p->tag_as_asked);
  }
}

TEST(Published, IsAbsentForAnotherSizeOrArchitecture) {
  EXPECT_FALSE(published("resnet18", "a1_in1k", 64));
  EXPECT_FALSE(published("resnet9000", "", 224));
  EXPECT_FALSE(published("", "", 224));
}

TEST(Published, IsAbsentWhereTheDefaultWeightsHaveNotBeenTested) {
  EXPECT_FALSE(published("tiny_vit_5m_224", "", 224))
      << "timm's default has a head for ImageNet-21k";
  EXPECT_TRUE(published("tiny_vit_5m_224", "dist_in22k_ft_in1k", 224));
}

TEST(Published, NamesItsSource) {
  EXPECT_THAT(source(), HasSubstr("pytorch-image-models"));
  EXPECT_THAT(source(), HasSubstr("Apache-2.0"));
}

TEST(BuiltIn, HasOnlyPlausibleNumbers) {
  const Catalogue& c = built_in();
  EXPECT_GE(c.architectures.size(), 900u);
  for (const Evaluation& e : c.evaluations) {
    EXPECT_GE(e.imagenet().top1, 40.0) << e.model();
    EXPECT_LT(e.imagenet().top1, e.imagenet().top5) << e.model();
    EXPECT_LT(e.imagenet().top5, 100.0) << e.model();
    EXPECT_NE(c.cost(e.architecture, e.size), nullptr) << e.model();
  }
  for (const Architecture& a : c.architectures) {
    EXPECT_GT(a.parameters_m, 0.2) << a.name;
    EXPECT_NE(c.family(a.family), nullptr) << a.name;
  }
  for (const Cost& cost : c.costs) {
    EXPECT_LT(cost.gmacs, 3000.0) << cost.architecture;
  }
}

/// Every accuracy is a number of images over the images of the set, but for its three decimals
/// (rounded twice): a wrong number of images would be seen.
TEST(BuiltIn, AccuraciesAreSharesOfTheImagesOfTheirSet) {
  for (const Evaluation& e : built_in().evaluations) {
    for (const TestSetName& set : test_sets()) {
      const auto& accuracy = e.accuracy(set.set);
      if (!accuracy) continue;
      for (const double percent : {accuracy->top1, accuracy->top5}) {
        const auto n = static_cast<double>(set.images);
        const double nearest = 100.0 * std::round(percent / 100.0 * n) / n;
        EXPECT_NEAR(percent, nearest, 0.00056) << e.model() << " on " << set.title;
      }
    }
  }
}

/// More pixels cost more, in proportion or faster, whichever table counted.
TEST(BuiltIn, CostsGrowWithTheImage) {
  const Cost* before = nullptr;
  for (const Cost& cost : built_in().costs) {
    if (before != nullptr && before->architecture == cost.architecture) {
      const double pixels = static_cast<double>(cost.size * cost.size) /
                            static_cast<double>(before->size * before->size);
      EXPECT_GT(cost.gmacs / before->gmacs, 0.8 * pixels) << cost.architecture << " " << cost.size;
    }
    before = &cost;
  }
}

}  // namespace
}  // namespace joulemark::catalogue

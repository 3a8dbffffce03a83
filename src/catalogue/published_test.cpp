#include "catalogue/published.hpp"

#include <gmock/gmock.h>

#include <set>

#include <nlohmann/json.hpp>

#include "catalogue/table.hpp"

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

TEST(Published, NamesItsSource) {
  EXPECT_THAT(source(), HasSubstr("pytorch-image-models"));
  EXPECT_THAT(source(), HasSubstr("Apache-2.0"));
}

TEST(Table, HasNoDuplicatesAndOnlyPlausibleNumbers) {
  const auto j = nlohmann::json::parse(kPublishedJson);
  EXPECT_EQ(j.at("schema"), "joulemark.published/1");
  EXPECT_GE(j.at("models").size(), 20u);
  for (const auto& model : j.at("models")) {
    std::set<std::pair<std::string, int>> seen;
    const std::string architecture = model.at("architecture");
    for (const auto& r : model.at("results")) {
      EXPECT_TRUE(seen.emplace(r.at("tag"), r.at("size")).second) << architecture;
      EXPECT_GT(r.at("top1"), 50.0) << architecture;
      EXPECT_LT(r.at("top1"), r.at("top5")) << architecture;
      EXPECT_LT(r.at("top5"), 100.0) << architecture;
      EXPECT_GT(r.at("parameters_m"), 1.0) << architecture;
    }
  }
}

}  // namespace
}  // namespace joulemark::catalogue

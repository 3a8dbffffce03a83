#include "catalogue/facts.hpp"

#include <gmock/gmock.h>

#include "catalogue/testing/small.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::HasSubstr;

/// The small facts with one text in place of another.
std::string refusal(const std::string& from, const std::string& to) {
  std::string text = testing::kSmallFacts;
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return "the test is wrong";
  const auto facts = facts_from_text(text.replace(at, from.size(), to));
  return facts ? "was read" : facts.error().what;
}

TEST(Facts, AreReadWithWhatIsNotKnownAbsent) {
  const auto facts = facts_from_text(testing::kSmallFacts);
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->timm, "9.8.7");
  EXPECT_EQ(facts->families.at("alphas").kind, Kind::cnn);
  EXPECT_EQ(facts->families.at("alphas").date, (Month{2015, 12}));
  EXPECT_EQ(facts->families.at("betas").date, std::nullopt);
  EXPECT_EQ(facts->architectures.at("gamma").family, "");
  EXPECT_EQ(facts->weights.at("alpha.one").tag, "one");
  EXPECT_EQ(facts->weights.at("alpha.two").date, std::nullopt);
  EXPECT_EQ(facts->formerly.at("alpha_old"), "alpha.two");
}

TEST(Facts, ThatAreNotSoundAreRefusedWithTheEntry) {
  EXPECT_THAT(refusal("timm-facts/1", "timm-facts/2"), HasSubstr("joulemark.timm-facts/1"));
  EXPECT_THAT(refusal("\"CNN\"", "\"conv\""), HasSubstr("kind 'conv' of family alphas"));
  EXPECT_THAT(refusal("\"2015-12\"", "\"2015-13\""), HasSubstr("'2015-13' is no month"));
  EXPECT_THAT(refusal("\"2015-12\"", "\"2016-12\""), HasSubstr("not that of paper '1512.03385'"));
  EXPECT_THAT(refusal("\"family\": \"alphas\", \"default", "\"family\": \"zetas\", \"default"),
              HasSubstr("family 'zetas' of alpha"));
  EXPECT_THAT(refusal("\"model\": \"alpha.two\"", "\"model\": \"alpha.one\""),
              HasSubstr("model 'alpha.one' is there twice"));
  EXPECT_THAT(refusal("\"formerly\"", "\"once\""), HasSubstr("formerly"));
  EXPECT_THAT(refusal("\"module\": \"a\"", "\"module\": 3"), HasSubstr("type_error"));
  EXPECT_THAT(refusal("\"weights\": [", "\"weights\": [,"), HasSubstr("line 13"));
}

}  // namespace
}  // namespace joulemark::catalogue

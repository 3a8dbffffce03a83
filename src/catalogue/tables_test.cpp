#include "catalogue/tables.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"
#include "catalogue/build.hpp"
#include "catalogue/built_in.hpp"
#include "catalogue/testing/small.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::HasSubstr;

Texts small_texts() {
  const auto built = build(testing::small_tables(), {"facts", testing::kSmallFacts, "abc"});
  EXPECT_TRUE(built) << built.error().message();
  return built ? to_texts(built->catalogue) : Texts{};
}

TextViews views(const Texts& texts) { return {texts.begin(), texts.end()}; }

/// What is said of the small catalogue when a text of one file is another.
std::string refusal(const std::string& file, const std::string& from, const std::string& to) {
  Texts texts = small_texts();
  std::string& text = texts[file];
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return "the test is wrong";
  text.replace(at, from.size(), to);
  const auto read = from_texts(views(texts));
  return read ? "was read" : read.error().what;
}

TEST(Tables, SayEachFactOnceInOrder) {
  const Texts texts = small_texts();
  EXPECT_EQ(texts.at("architectures.csv"),
            "architecture,family,module,default_tag,parameters_m\n"
            "alpha,alphas,a,one,1011.5\n"
            "beta_224,betas,b,none_tested,5.39\n");
  EXPECT_EQ(texts.at("families.csv"),
            "family,kind,paper,date,cited_in,reason\n"
            "alphas,CNN,1512.03385,2015-12,timm/models/a.py,\n"
            "betas,hybrid,,,,no paper\n");
  EXPECT_THAT(texts.at("accuracy.csv"), HasSubstr("\nalpha.one,224,0.95,bicubic,70.5,85.5,71.5,"));
  EXPECT_THAT(texts.at("costs.csv"), HasSubstr("\nalpha,224,4.1,11.1,1011.5,240\n"));
  EXPECT_EQ(texts.at("speeds.csv"),
            "architecture,input_size,rtx3090_nchw,rtx3090_nhwc,rtx4090_nchw,rtx4090_nhwc,"
            "rtx4090_nchw_compiled,rtx5090_nchw,rtx5090_nchw_compiled,pro6000_nchw,"
            "pro6000_nchw_compiled\n"
            "alpha,224,,20.5,,,,10,,,\n"
            "alpha,288,,,,,,10,,,\n"
            "beta_224,224,,,,,,10,,,\n");
}

TEST(Tables, ReadBackAsTheyWereWritten) {
  const Texts texts = small_texts();
  const auto read = from_texts(views(texts));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(to_texts(*read), texts);
}

TEST(Tables, AreReadStrictly) {
  EXPECT_THAT(refusal("costs.csv", "gmacs", "macs"),
              HasSubstr("costs.csv, line 1: column gmacs is missing"));
  EXPECT_THAT(refusal("costs.csv", "gmacs,activations_m", "activations_m,gmacs"),
              HasSubstr("not those of this joulemark"));
  EXPECT_THAT(refusal("costs.csv", "alpha,288", "alpha,224"), HasSubstr("there twice"));
  EXPECT_THAT(refusal("costs.csv", "alpha,288", "beta_225,288"),
              HasSubstr("costs.csv, line 3, column architecture: no other table"));
  EXPECT_THAT(refusal("speeds.csv", "20.5", "0"),
              HasSubstr("speeds.csv, line 2, column rtx3090_nhwc"));
  EXPECT_THAT(refusal("speeds.csv", "rtx5090_nchw,", "rtx6090_nchw,"),
              HasSubstr("column rtx5090_nchw is missing"));
  EXPECT_THAT(refusal("weights.csv", "alpha.two", "alpha.a"), HasSubstr("out of order"));
  EXPECT_THAT(refusal("weights.csv", "alpha.two", "alpha"), HasSubstr("not architecture.tag"));
  EXPECT_THAT(refusal("weights.csv", "2021-10", "2021-11"), HasSubstr("do not agree"));
  EXPECT_THAT(refusal("accuracy.csv", "alpha.two", "alpha.too"), HasSubstr("no other table"));
  EXPECT_THAT(refusal("accuracy.csv", "70.5,85.5", ",85.5"), HasSubstr("alone"));
  EXPECT_THAT(refusal("accuracy.csv", "70.5,85.5", ","), HasSubstr("column imagenet_top1"));
  EXPECT_THAT(refusal("families.csv", "CNN", "conv"), HasSubstr("it is not CNN, transformer"));
  EXPECT_THAT(refusal("families.csv", "2015-12", "2015-1"), HasSubstr("no month such as"));
  EXPECT_THAT(refusal("architectures.csv", ",betas", ",zetas"), HasSubstr("no other table"));
  EXPECT_THAT(refusal("SOURCE.json", "catalogue/1", "catalogue/2"), HasSubstr("not of the form"));
  EXPECT_THAT(refusal("SOURCE.json", "{", "{{"), HasSubstr("SOURCE.json"));
}

TEST(Tables, ThatAreMissingAreNamed) {
  for (const auto& [file, text] : small_texts()) {
    Texts texts = small_texts();
    texts.erase(file);
    const auto read = from_texts(views(texts));
    ASSERT_FALSE(read) << file;
    EXPECT_THAT(read.error().what, HasSubstr(file));
    EXPECT_THAT(read.error().next, HasSubstr("joulemark catalogue build"));
  }
}

TEST(BuiltIn, IsSoundAndWhatItSays) {
  const auto read = from_texts(built_in_texts());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(built_in().evaluations.size(), read->evaluations.size());
  for (const auto& [file, text] : to_texts(built_in())) {
    EXPECT_EQ(text, built_in_texts().find(file)->second) << file;
  }
  for (const auto& [file, text] : built_in_texts()) {
    EXPECT_EQ(text, read_file(std::filesystem::path(JOULEMARK_CATALOGUE) / file)) << file;
  }
  EXPECT_EQ(built_in().source.licence, "Apache-2.0");
  EXPECT_FALSE(built_in().source.timm.empty());
}

TEST(Words, OfKindsAndMonths) {
  for (const Kind kind : {Kind::cnn, Kind::transformer, Kind::hybrid, Kind::mlp, Kind::other}) {
    EXPECT_EQ(kind_of(name(kind)), kind);
  }
  EXPECT_EQ(kind_of("cnn"), Kind::cnn);
  EXPECT_EQ(kind_of("CN"), std::nullopt);
  EXPECT_EQ(kind_of(""), std::nullopt);
  EXPECT_EQ(month_of("2021-06"), (Month{2021, 6}));
  EXPECT_EQ(to_text(Month{2021, 6}), "2021-06");
  for (const char* wrong : {"", "2021", "2021-13", "2021-00", "2021/06", "-021-06", "2021- 6"}) {
    EXPECT_EQ(month_of(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(month_of_paper("1409.1556"), (Month{2014, 9}));
  EXPECT_EQ(month_of_paper("2106.04803"), (Month{2021, 6}));
  for (const char* wrong : {"", "2113.04803", "2106.048", "2106,04803", "2106.0480x"}) {
    EXPECT_EQ(month_of_paper(wrong), std::nullopt) << wrong;
  }
}

TEST(SamplingInterval, IsWilsons) {
  EXPECT_NEAR(sampling_ci95(80.0, 50000), 0.3506, 1e-4);
  EXPECT_NEAR(sampling_ci95(0.48, 7500), 0.1585, 1e-4);
  EXPECT_GT(sampling_ci95(0.0, 7500), 0.0) << "no image right is not certainty";
  EXPECT_GT(sampling_ci95(100.0, 7500), 0.0);
}

TEST(Split, DividesAtTheFirstDot) {
  EXPECT_EQ(split("a.b.c").architecture, "a");
  EXPECT_EQ(split("a.b.c").tag, "b.c");
  EXPECT_EQ(split("a").tag, "");
}

}  // namespace
}  // namespace joulemark::catalogue

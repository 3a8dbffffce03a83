#include "catalogue/upstream.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "catalogue/testing/small.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Input& named(std::vector<Input>& files, const std::string& name) {
  return *std::find_if(files.begin(), files.end(), [&](const Input& f) { return f.name == name; });
}

/// What is said of the small tables when a text of one file is another.
Error refusal(const std::string& file, const std::string& from, const std::string& to) {
  auto files = testing::small_tables();
  std::string& text = named(files, file).text;
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return {ErrorKind::internal, "the test is wrong", ""};
  text.replace(at, from.size(), to);
  const auto up = read_upstream(files);
  return up ? Error{ErrorKind::internal, "was read", ""} : up.error();
}

TEST(Upstream, ReadsEveryTableWhateverTheOrderOfItsColumns) {
  const auto up = read_upstream(testing::small_tables());
  ASSERT_TRUE(up) << up.error().message();
  const Tested& t = up->results[0].at({"alpha.one", 224});
  EXPECT_DOUBLE_EQ(t.accuracy.top1, 70.5);
  EXPECT_DOUBLE_EQ(t.parameters_m, 1011.5) << "with a comma between thousands";
  EXPECT_EQ(up->results[7].size(), 4u);
  const auto& counted = up->counts.at({"alpha", 224});
  ASSERT_EQ(counted.size(), 3u);
  EXPECT_EQ(counted[1].torch, 240);
  EXPECT_EQ(counted[1].gmacs, 4.1);
  EXPECT_EQ(counted[2].gmacs, std::nullopt) << "that table counts nothing";
  EXPECT_EQ(up->pretraining.at("alpha_old"), "in21k");
  ASSERT_EQ(up->read.size(), 12u);
  EXPECT_EQ(up->read[0].file, "benchmark-infer-amp-nchw-pt291-cu130-5090.csv");
  EXPECT_EQ(up->read[0].rows, 4);
}

TEST(Upstream, NamesFilesThatItDoesNotUse) {
  auto files = testing::small_tables();
  files.push_back(testing::table("benchmark-train-amp.csv", "not even CSV"));
  const auto up = read_upstream(files);
  ASSERT_TRUE(up);
  EXPECT_THAT(up->unused, ElementsAre("benchmark-train-amp.csv"));
}

TEST(Upstream, NamesTheTablesThatAreMissing) {
  const auto none = read_upstream({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_THAT(none.error().what, HasSubstr("results-sketch.csv"));
  EXPECT_THAT(none.error().what, HasSubstr("benchmark-infer-*.csv"));
  auto files = testing::small_tables();
  std::erase_if(files, [](const Input& f) { return f.name == "results-imagenet-r.csv"; });
  const auto one = read_upstream(files);
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().what, "timm's tables lack results-imagenet-r.csv");
}

TEST(Upstream, RefusesAnotherLayout) {
  EXPECT_THAT(refusal("results-sketch.csv", "top5,", "topfive,").what,
              HasSubstr("results-sketch.csv, line 1: column top5 is missing"));
  const Error newer = refusal("results-sketch.csv", "top1_err", "top1_error");
  EXPECT_THAT(newer.what,
              HasSubstr("results-sketch.csv, line 1: column 'top1_error' is not known"));
  EXPECT_THAT(newer.next, HasSubstr("newer joulemark"));
  EXPECT_THAT(refusal("model_metadata-in1k.csv", "pretrain", "data").what,
              HasSubstr("column pretrain is missing"));
  EXPECT_THAT(
      refusal("benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv", "param_count", "params").what,
      HasSubstr("column param_count is missing"));
}

TEST(Upstream, RefusesValuesThatCannotBe) {
  const auto what = [](const std::string& from, const std::string& to) {
    return refusal("results-imagenet-a.csv", from, to).what;
  };
  EXPECT_THAT(what("20.500000", "nan"), HasSubstr("line 2, column top1: 'nan' is not a number"));
  EXPECT_THAT(what("20.500000", "inf"), HasSubstr("'inf' is not a number"));
  EXPECT_THAT(what("20.500000", ""), HasSubstr("column top1: nothing is not a number"));
  EXPECT_THAT(what("20.500000", "120.5"), HasSubstr("is not at least 0 and at most 100"));
  EXPECT_THAT(what("20.500000", "90.500000"), HasSubstr("it is more than top5"));
  EXPECT_THAT(what("20.500000", "20.400000"), HasSubstr("with top1_err it does not make 100 %"));
  EXPECT_THAT(what("5.39", "0"), HasSubstr("line 5, column param_count: '0' is not above 0"));
  EXPECT_THAT(what("\"1,011.50\"", "\"10,11.50\""), HasSubstr("is not a number"));
  EXPECT_THAT(what("224", "0"), HasSubstr("column img_size: '0' is not a whole number from 1 on"));
  EXPECT_THAT(what("224", "224.5"), HasSubstr("column img_size"));
  EXPECT_THAT(what("alpha.one,288", "alpha.one,224"),
              HasSubstr("line 3, column model: alpha.one at 224 pixels is there twice"));
  EXPECT_THAT(what("alpha.one", "alpha"), HasSubstr("it is not architecture.tag"));
  EXPECT_THAT(what("bicubic", ""), HasSubstr("column interpolation: it is empty"));
}

TEST(Upstream, RefusesBenchmarksThatCannotBe) {
  const std::string file = "benchmark-infer-amp-nchw-pt291-cu130-5090.csv";
  EXPECT_THAT(refusal(file, "3.9", "-3.9").what, HasSubstr("line 2, column infer_gmacs"));
  EXPECT_THAT(refusal(file, "3.9", "0.0").what,
              HasSubstr("column infer_gmacs: '0.0' is not above"));
  EXPECT_THAT(refusal(file, "alpha,288", "alpha,224").what, HasSubstr("there twice"));
  auto files = testing::small_tables();
  named(files, file).name = "benchmark-infer-5090.csv";
  const auto up = read_upstream(files);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().what, HasSubstr("benchmark-infer-5090.csv has no release of PyTorch"));
}

TEST(Upstream, RefusesSharesInPlaceOfPercent) {
  auto files = testing::small_tables();
  named(files, "results-sketch.csv").text =
      "model,img_size,top1,top1_err,top5,param_count,crop_pct,interpolation\n"
      "alpha.one,224,0.705,0.295,0.9,1011.5,0.95,bicubic\n"
      "alpha.one,288,0.72,0.28,0.9,1011.5,1,bicubic\n";
  const auto up = read_upstream(files);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().what, HasSubstr("results-sketch.csv, line 2, column top1"));
  EXPECT_THAT(up.error().what, HasSubstr("shares and not percent"));
}

TEST(Upstream, SeesThatATableWasCutOff) {
  auto files = testing::small_tables();
  std::string& text = named(files, "results-imagenet-r.csv").text;
  text.resize(text.rfind("beta"));  // at the end of a line
  const auto up = read_upstream(files);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().what, HasSubstr("results-imagenet-r.csv has 3 rows"));
  text.resize(text.size() - 3);  // within one
  const auto within = read_upstream(files);
  ASSERT_FALSE(within);
  EXPECT_THAT(within.error().what, HasSubstr("is the file cut off?"));
  text = "model,img_size,top1,top5,param_count,crop_pct,interpolation\n";
  const auto empty = read_upstream(files);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().what, HasSubstr("there are no rows below it"));
}

}  // namespace
}  // namespace joulemark::catalogue

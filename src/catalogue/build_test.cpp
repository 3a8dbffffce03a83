#include "catalogue/build.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "catalogue/tables.hpp"
#include "catalogue/testing/small.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Input facts(const std::string& text = testing::kSmallFacts) { return {"facts", text, "abc"}; }

Built built(const std::vector<Input>& tables, const std::string& of_facts = testing::kSmallFacts) {
  auto result = build(tables, facts(of_facts));
  EXPECT_TRUE(result) << result.error().message();
  return result ? std::move(*result) : Built{};
}

/// "subject size: detail" of the findings of one kind.
std::vector<std::string> findings(const Built& b, FindingKind kind) {
  std::vector<std::string> words;
  for (const Finding& f : b.findings) {
    if (f.kind != kind) continue;
    words.push_back(f.subject + (f.size > 0 ? " " + std::to_string(f.size) : "") +
                    (f.detail.empty() ? "" : ": " + f.detail));
  }
  return words;
}

std::string& text_of(std::vector<Input>& tables, const std::string& name) {
  return std::find_if(tables.begin(), tables.end(), [&](const Input& t) { return t.name == name; })
      ->text;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST(Build, JoinsTablesAndFacts) {
  const Built b = built(testing::small_tables());
  const Catalogue& c = b.catalogue;
  EXPECT_EQ(c.evaluations.size(), 4u);
  EXPECT_EQ(b.accuracies, 32);
  const Evaluation* e = c.evaluation("alpha", "one", 288);
  ASSERT_NE(e, nullptr);
  EXPECT_DOUBLE_EQ(e->imagenet().top1, 72.25);
  EXPECT_DOUBLE_EQ(e->accuracy(TestSet::sketch)->top1, 32.25);
  EXPECT_DOUBLE_EQ(e->accuracy(TestSet::a_clean)->top5, 90.25);
  EXPECT_DOUBLE_EQ(e->crop, 0.95);
  const Architecture* a = c.architecture("alpha");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->family, "alphas");
  EXPECT_EQ(a->default_tag, "one");
  EXPECT_DOUBLE_EQ(a->parameters_m, 1011.5);
  EXPECT_EQ(c.weights_of("alpha", "one")->licence, "mit");
  EXPECT_EQ(c.weights_of("alpha").size(), 2u);
  EXPECT_EQ(c.family("alphas")->date, (Month{2015, 12}));
  EXPECT_EQ(c.architectures.size(), 2u) << "gamma has no accuracies";
}

TEST(Build, SaysWhereItIsFrom) {
  const Source s = built(testing::small_tables()).catalogue.source;
  EXPECT_EQ(s.timm, "9.8.7");
  EXPECT_EQ(s.licence, "Apache-2.0");
  EXPECT_EQ(s.facts_sha256, "abc");
  ASSERT_EQ(s.tables.size(), 12u);
  EXPECT_EQ(s.tables.back().file, "results-sketch.csv");
  EXPECT_EQ(s.tables.back().sha256, "digest of results-sketch.csv");
}

TEST(Build, TakesTheCostOfTheNetworkThatWasTested) {
  const Built b = built(testing::small_tables());
  EXPECT_DOUBLE_EQ(b.catalogue.cost("alpha", 224)->gmacs, 4.1);
  EXPECT_DOUBLE_EQ(b.catalogue.cost("alpha", 288)->gmacs, 6.0);
  EXPECT_THAT(findings(b, FindingKind::cost_of_another_network),
              ElementsAre("alpha 288: 1000 M parameters and not 1011.5 M",
                          "beta_224 224: 12.08 M parameters and not 5.39 M"));
  EXPECT_THAT(findings(b, FindingKind::cost_disagrees),
              ElementsAre("alpha 224: activations_m 11.1; 10.5 with PyTorch release 291",
                          "alpha 224: gmacs 4.1; 3.9 with PyTorch release 291",
                          "alpha 224: parameters_m 1011.5; 1000 with PyTorch release 291"));
}

TEST(Build, LeavesNothingOutWithoutAFinding) {
  auto tables = testing::small_tables();
  // Another set has one row that ImageNet has not, and lacks another.
  replace(text_of(tables, "results-imagenet-a.csv"), "alpha.two,224", "alpha.three,224");
  tables.push_back(testing::table("benchmark-train-amp.csv", ""));
  const Built b = built(tables);
  EXPECT_THAT(findings(b, FindingKind::accuracy_absent), ElementsAre("alpha.two 224: A"));
  EXPECT_THAT(findings(b, FindingKind::accuracy_unjoined),
              ElementsAre("alpha.three 224: A: top-1 25"));
  EXPECT_EQ(b.catalogue.evaluation("alpha", "two", 224)->accuracy(TestSet::a), std::nullopt);
  EXPECT_THAT(findings(b, FindingKind::benchmark_only), ElementsAre("delta"));
  EXPECT_THAT(findings(b, FindingKind::facts_only), ElementsAre("gamma.in1k"));
  EXPECT_THAT(findings(b, FindingKind::default_not_tested), ElementsAre("beta_224: none_tested"));
  EXPECT_THAT(findings(b, FindingKind::no_date), ElementsAre("beta_224: no paper"));
  EXPECT_THAT(findings(b, FindingKind::no_recipe_date), ElementsAre("alpha.two", "beta_224.in1k"));
  EXPECT_THAT(findings(b, FindingKind::no_licence), ElementsAre("alpha.two"));
  EXPECT_THAT(findings(b, FindingKind::file_unused), ElementsAre("benchmark-train-amp.csv"));
  EXPECT_THAT(findings(b, FindingKind::cost_absent), IsEmpty());
}

TEST(Build, KnowsTheOldNamesOfBenchmarks) {
  auto tables = testing::small_tables();
  replace(text_of(tables, "benchmark-infer-amp-nchw-pt291-cu130-5090.csv"), "delta,224",
          "alpha_old,320");
  const Built b = built(tables);
  EXPECT_THAT(findings(b, FindingKind::benchmark_only), IsEmpty());
  ASSERT_NE(b.catalogue.cost("alpha", 320), nullptr);
  EXPECT_DOUBLE_EQ(b.catalogue.cost("alpha", 320)->gmacs, 0.1);
}

TEST(Build, SaysWhichCostsNobodyCounted) {
  auto tables = testing::small_tables();
  replace(text_of(tables, "benchmark-infer-amp-nchw-pt291-cu130-5090.csv"), "alpha,288",
          "alpha,320");
  const Built b = built(tables);
  EXPECT_THAT(findings(b, FindingKind::cost_absent), ElementsAre("alpha 288"));
  EXPECT_NE(b.catalogue.cost("alpha", 320), nullptr) << "energy can be measured there";
}

TEST(Build, ComparesTheSetsWithImageNet) {
  auto tables = testing::small_tables();
  std::string& sketch = text_of(tables, "results-sketch.csv");
  replace(sketch, "5.39,0.950,bicubic", "5.39,0.875,bicubic");
  const Built b = built(tables);
  EXPECT_THAT(findings(b, FindingKind::test_differs),
              ElementsAre("beta_224.in1k 224: Sketch: crop 0.875, bicubic, 5.39 M parameters"));
}

TEST(Build, KeepsAModelThatTheFactsDoNotKnow) {
  std::string text = testing::kSmallFacts;
  replace(text, R"("model": "alpha.two")", R"("model": "alpha.renamed")");
  const Built b = built(testing::small_tables(), text);
  EXPECT_THAT(findings(b, FindingKind::not_in_facts), ElementsAre("alpha.two: timm 9.8.7"));
  ASSERT_NE(b.catalogue.weights_of("alpha", "two"), nullptr);
  EXPECT_EQ(b.catalogue.weights_of("alpha", "two")->pretraining, "");
}

TEST(Build, HoldsTagsAgainstTheTableOfMetadata) {
  EXPECT_THAT(findings(built(testing::small_tables()), FindingKind::pretraining_differs),
              IsEmpty());
  auto tables = testing::small_tables();
  text_of(tables, "model_metadata-in1k.csv") =
      "model,pretrain\nalpha_old,in1k\nalpha,jft300m-ns\nlost,in1k\nalpha.one,in21k\n";
  const Built b = built(tables);
  EXPECT_THAT(findings(b, FindingKind::pretraining_differs),
              ElementsAre("alpha: jft300m-ns; no tag of it says so",
                          "alpha.one: in21k; alpha.one says in1k",
                          "alpha_old: in1k; alpha.two says in21k"));
  EXPECT_THAT(findings(b, FindingKind::pretraining_unjoined), ElementsAre("lost: in1k"));
}

TEST(Build, DoesNotDependOnTheOrderOfFiles) {
  auto tables = testing::small_tables();
  const Built first = built(tables);
  std::reverse(tables.begin(), tables.end());
  const Built second = built(tables);
  EXPECT_EQ(to_texts(first.catalogue), to_texts(second.catalogue));
  EXPECT_EQ(to_csv(first.findings), to_csv(second.findings));
}

TEST(Findings, AreCsvWithAWordForEachKind) {
  const std::vector<Finding> list = {{FindingKind::accuracy_absent, "a.b", 224, "A, clean"},
                                     {FindingKind::file_unused, "f.csv", 0, ""}};
  EXPECT_EQ(to_csv(list),
            "finding,subject,input_size,detail\naccuracy_absent,a.b,224,\"A, clean\"\n"
            "file_unused,f.csv,,\n");
  for (std::size_t i = 0; i < finding_kinds().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(finding_kinds()[i].kind), i);
  }
}

}  // namespace
}  // namespace joulemark::catalogue

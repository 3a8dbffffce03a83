#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "analysis/testing/rows.hpp"
#include "score/analyses.hpp"
#include "score/score.hpp"
#include "score/testing/rows.hpp"

namespace joulemark::score {
namespace {

using analysis::testing::column;
using analysis::testing::find;
using analysis::testing::find_left_out;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::zoo;

analysis::Input of_zoo() { return {zoo(), "throughput"}; }
Edition fitted() { return fit(zoo(), {"draft", "2026-11-26", "gpu"}).value(); }

TEST(Distribution, IsThatOfTheIndicesOfAllModels) {
  const Edition edition = fitted();
  const auto input = of_zoo();
  const auto o = scores_by(edition, input);
  ASSERT_TRUE(o) << o.error().message();
  const auto scored = score_setup(edition, input.rows, "gpu", catalogue::TestSet::imagenet);
  ASSERT_TRUE(scored);
  std::size_t with_index = 0;
  for (const Scored& s : scored->models) with_index += s.model ? 1 : 0;
  EXPECT_EQ(o->n, with_index);
  EXPECT_EQ(o->rows.size(), with_index);
  // Every model has one letter, and the counts are of these.
  double lettered = 0.0;
  for (const Grade& grade : grades()) {
    const auto* value = find(*o, "models", std::string(1, grade.letter));
    ASSERT_NE(value, nullptr) << grade.letter;
    lettered += value->value;
    double counted = 0.0;
    for (const Scored& s : scored->models)
      counted += s.model && s.model->letter() == grade.letter ? 1.0 : 0.0;
    EXPECT_EQ(value->value, counted) << grade.letter;
  }
  EXPECT_EQ(lettered, static_cast<double>(with_index));
  // In the order of the index, each as `score` has it.
  double before = 0.0;
  for (const analysis::Cell& cell : column(*o, "index")) {
    EXPECT_GE(std::get<double>(cell), before);
    before = std::get<double>(cell);
  }
  EXPECT_EQ(before, scored->models[with_index - 1].model->value);
  EXPECT_THAT(o->caveats, ::testing::Contains(HasSubstr("edition draft, a draft")));
}

TEST(Distribution, HasAStepForEachModelAndTheBoundsOfLetters) {
  const auto o = scores_by(fitted(), of_zoo());
  ASSERT_TRUE(o);
  const figure::Figure& f = o->figures.front();
  EXPECT_TRUE(figure::check(f));
  EXPECT_EQ(f.marks.size(), o->n);
  EXPECT_EQ(f.marks.back().y, 100.0);
  EXPECT_EQ(f.references.size(), grades().size() - 1);
  EXPECT_EQ(f.references.front().name, "A | B");
}

TEST(Distribution, OfAnotherPolicyOrWithoutIndicesIsNone) {
  auto other = of_zoo();
  other.policy = "batch_1";
  for (analysis::Row& row : other.rows) row.policy = "batch_1";
  const auto o = scores_by(fitted(), other);
  ASSERT_TRUE(o) << o.error().message();
  EXPECT_TRUE(o->too_few);
  EXPECT_THAT(o->sentences.front(), HasSubstr("no edition is of the policy batch_1"));

  // A setup without anchors of the edition has no offset, and so no index.
  auto strange = of_zoo();
  for (analysis::Row& row : strange.rows) {
    row.setup = "strange";
    row.architecture = "x" + row.architecture;
  }
  const auto none = scores_by(fitted(), strange);
  ASSERT_TRUE(none) << none.error().message();
  EXPECT_TRUE(none->too_few);
  EXPECT_THAT(none->rows, IsEmpty());
  EXPECT_EQ(find_left_out(*none, "no_index")->which.size(), strange.rows.size());
}

TEST(AllAnalyses, AreThoseOfAnalysisAndScores) {
  std::set<std::string> names;
  for (const analysis::Analysis& a : analyses()) EXPECT_TRUE(names.insert(a.name).second) << a.name;
  EXPECT_EQ(names.size(), analysis::analyses().size() + 1);
  EXPECT_TRUE(names.contains("scores"));
  EXPECT_EQ(scores({}).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace joulemark::score

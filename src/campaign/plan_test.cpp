#include "campaign/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "campaign/left.hpp"
#include "catalogue/built_in.hpp"

namespace joulemark::campaign {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Plan small() {
  return parse_plan(R"({
    // two ways of running each
    "name": "small", "models": ["a", "b*"], "order_seed": 3,
    "variants": [{"format": "torchscript", "precision": "fp16", "layout": "channels_last"},
                 {"format": "aoti", "precision": "fp16", "layout": "channels_last", "batches": "1,256"}],
    "batch": ["1", "throughput", "64"],
    "sentinel": {"model": "s.t", "every": 2}})")
      .value();
}

Campaign frozen() { return freeze(small(), {"a", "b.x", "b.y"}).value(); }

std::vector<Job> sentinels(const Campaign& c) {
  std::vector<Job> found;
  std::ranges::copy_if(c.jobs, std::back_inserter(found), [](const Job& j) { return j.sentinel; });
  return found;
}

/// A row of each policy of a job.
std::vector<Done> rows_of(const Campaign& c, std::size_t job) {
  const Job& j = c.jobs[job];
  const Variant& v = c.plan.variants[j.variant];
  const std::string architecture = j.model.substr(0, j.model.find('.'));
  const std::string model = j.model == architecture ? architecture + ".tag" : j.model;
  std::vector<Done> rows;
  for (const auto& [policy, batch] :
       {std::pair("batch_1", 1), std::pair("throughput", 256), std::pair("fixed", 64)}) {
    rows.push_back({model, architecture, v.format, v.precision, v.layout, policy, batch});
  }
  return rows;
}

TEST(Plan, HasDefaultsForAllButNameAndModels) {
  const auto plan = parse_plan(R"({"name": "x", "models": ["resnet*"]})");
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_THAT(plan->variants, SizeIs(1));
  EXPECT_THAT(plan->policies, ElementsAre("1", "throughput"));
  EXPECT_FALSE(plan->sentinel);
}

TEST(Plan, SaysWhatIsWrongWithIt) {
  const auto wrong = [](const std::string& text) { return parse_plan(text).error().what; };
  EXPECT_THAT(wrong(""), HasSubstr("no JSON"));
  EXPECT_THAT(wrong("[]"), HasSubstr("no object"));
  EXPECT_THAT(wrong(R"({"models": ["a"]})"), HasSubstr("'name' is missing"));
  EXPECT_THAT(wrong(R"({"name": "../x", "models": ["a"]})"), HasSubstr("other than letters"));
  EXPECT_THAT(wrong(R"({"name": "x"})"), HasSubstr("'models' is missing"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": "a"})"), HasSubstr("'models' is no list"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": [7]})"), HasSubstr("'models' is no list"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "modles": 1})"), HasSubstr("'models'?"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "max_batch": 0})"), HasSubstr("from 1 to"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "max_batch": 1e30})"), HasSubstr("integer"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "target_ci": "1%"})"), HasSubstr("number"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "batch": ["best"]})"), HasSubstr("best"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "variants": [{"precision": "fp8"}]})"),
              HasSubstr("variant 1: 'precision' is 'fp8'"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "variants": [{}, {}]})"), HasSubstr("twice"));
  EXPECT_THAT(wrong(R"({"name": "x", "models": ["a"], "sentinel": {"every": 3}})"),
              HasSubstr("'model' is missing"));
}

TEST(Plan, ASizeIsInAllVariantsOrInNone) {
  const auto read = [](const std::string& variants) {
    return parse_plan(R"({"name": "x", "models": ["a"], "variants": [)" + variants + "]}");
  };
  const auto sized = read(R"({"input_size": 160}, {"input_size": 192})");
  ASSERT_TRUE(sized) << sized.error().message();
  EXPECT_EQ(sized->variants[1].name(), "torchscript-fp32-contiguous-192px");
  const Campaign c = freeze(*sized, {"a"}).value();
  EXPECT_EQ(campaign_from_json(to_json(c))->plan.variants[0].input_size, 160);
  EXPECT_THAT(read(R"({"input_size": 160}, {"precision": "fp16"})").error().what,
              HasSubstr("in some variants and not in others"));
  EXPECT_THAT(read(R"({"input_size": 160}, {"input_size": 160})").error().what, HasSubstr("twice"));
  for (const char* wrong : {"0", "-1", "1.5", "\"160\"", "null", "99999999"}) {
    EXPECT_FALSE(read(std::string(R"({"input_size": )") + wrong + "}")) << wrong;
  }
}

TEST(Freeze, EveryModelInEveryVariantAndTheSentinelAllAlong) {
  const Campaign c = frozen();
  std::set<std::pair<std::string, std::size_t>> all;
  for (const Job& j : c.jobs) {
    if (!j.sentinel) all.insert({j.model, j.variant});
  }
  EXPECT_THAT(all, SizeIs(6));
  EXPECT_THAT(c.jobs, SizeIs(6 + 4));
  EXPECT_TRUE(c.jobs.front().sentinel && c.jobs[3].sentinel && c.jobs.back().sentinel);
  EXPECT_THAT(sentinels(c), SizeIs(4));
}

TEST(Freeze, TheOrderIsThatOfTheSeedAndOfNothingElse) {
  EXPECT_EQ(frozen().id, freeze(small(), {"b.y", "a", "b.x", "a"})->id);
  Plan other = small();
  other.order_seed = 4;
  EXPECT_NE(freeze(other, {"a", "b.x", "b.y"})->jobs, frozen().jobs);
  // The same on every machine: this order was written down on the first.
  std::string order;
  Plan plain = parse_plan(R"({"name": "x", "models": ["*"], "order_seed": 7})").value();
  const Campaign c = freeze(plain, {"a", "b", "c", "d", "e", "f"}).value();
  for (const Job& j : c.jobs) order += j.model;
  EXPECT_EQ(order, "fbecad");
}

/// Throughput as launched, batch 1 as a CUDA graph, and another artefact of all.
Plan with_graphs() {
  return parse_plan(R"({"name": "x", "models": ["*"], "device": "cuda:0", "order_seed": 5,
                        "variants": [{"precision": "fp16", "batch": ["throughput"]},
                                     {"precision": "bf16"},
                                     {"precision": "fp16", "batch": ["1"], "cuda_graph": true}],
                        "sentinel": {"model": "s", "every": 100}})")
      .value();
}

TEST(CudaGraph, IsAVariantWithTheArtefactOfItsTwinAndPoliciesOfItsOwn) {
  const Plan plan = with_graphs();
  EXPECT_EQ(plan.variants[2].name(), "torchscript-fp16-contiguous-cuda_graph");
  EXPECT_EQ(plan.variants[2].artefact(), plan.variants[0].name());
  const Campaign c = freeze(plan, {"a", "b", "c"}).value();
  // Three models in three variants, of which two have one policy, and the sentinel twice.
  EXPECT_EQ(row_count(c), 3u * (1 + 2 + 1) + 2);
  EXPECT_LT(longest_job_s(plan, plan.variants[0]), longest_job_s(plan, plan.variants[1]));
  EXPECT_EQ(longest_job_s(plan), longest_job_s(plan, plan.variants[1]));
  const auto again = campaign_from_json(to_json(c));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->id, c.id);
  EXPECT_TRUE(again->plan.variants[2].cuda_graph);
  EXPECT_THAT(again->plan.variants[2].policies, ElementsAre("1"));
}

TEST(CudaGraph, JobsThatShareAnArtefactFollowEachOther) {
  const Campaign c = freeze(with_graphs(), {"a", "b", "c"}).value();
  const std::vector<std::size_t> units = units_of(c);
  ASSERT_THAT(units, SizeIs(3 * 3 + 2));
  EXPECT_EQ(units.back(), 3u * 2 + 2 - 1);
  for (std::size_t i = 1; i + 1 < units.size(); ++i) {
    const bool graph = c.plan.variants[c.jobs[i].variant].cuda_graph;
    EXPECT_EQ(units[i] == units[i - 1], graph) << i;
    if (graph) {
      EXPECT_EQ(c.jobs[i].model, c.jobs[i - 1].model) << i;
    }
  }
}

TEST(ModelsTogether, AllVariantsOfAModelAreOneUnit) {
  Plan plan = with_graphs();
  const std::string id = freeze(plan, {"a", "b", "c"})->id;
  plan.models_together = true;
  const Campaign c = freeze(plan, {"a", "b", "c"}).value();
  EXPECT_NE(c.id, id);
  const std::vector<std::size_t> units = units_of(c);
  ASSERT_THAT(units, SizeIs(3 * 3 + 2));
  EXPECT_EQ(units.back(), 3u + 2 - 1);
  std::vector<std::string> models;
  for (std::size_t i = 1; i + 1 < c.jobs.size(); ++i) {
    EXPECT_EQ(c.jobs[i].model, c.jobs[1 + (i - 1) / 3 * 3].model) << i;
    if (i % 3 == 1) models.push_back(c.jobs[i].model);
  }
  EXPECT_THAT(models, testing::UnorderedElementsAre("a", "b", "c"));
  plan.order_seed = 6;
  EXPECT_NE(freeze(plan, {"a", "b", "c"})->jobs, c.jobs) << "models are shuffled";
  const auto again = campaign_from_json(to_json(c));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(units_of(*again), units);
}

TEST(CudaGraph, IsRefusedWhereItMeansNothing) {
  const auto wrong = [](const std::string& device, const std::string& variants) {
    const auto plan = parse_plan(R"({"name": "x", "models": ["a"], "device": ")" + device +
                                 R"(", "variants": [)" + variants + "]}");
    return plan ? "" : plan.error().what;
  };
  EXPECT_THAT(wrong("cpu", R"({"cuda_graph": true})"), HasSubstr("'device' is cpu"));
  EXPECT_THAT(wrong("cpu", R"({"cuda_graph": false})"), IsEmpty());
  EXPECT_THAT(wrong("auto", R"({"cuda_graph": 1})"), HasSubstr("not true or false"));
  EXPECT_THAT(wrong("auto", R"({"batch": ["best"]})"), HasSubstr("variant 1: 'best'"));
  EXPECT_THAT(wrong("auto", R"({"batch": []})"), HasSubstr("'batch' is no list"));
  EXPECT_THAT(wrong("auto", R"({}, {"batch": ["1"]})"), HasSubstr("twice"));
  EXPECT_THAT(wrong("auto", R"({"format": "aoti", "batches": "1,256"},
                               {"format": "aoti", "batches": "1", "cuda_graph": true})"),
              HasSubstr("differ in 'batches'"));
}

/// As it was before variants could name a CUDA graph or policies of their own.
TEST(Freeze, APlanThatUsesNothingNewKeepsItsId) {
  EXPECT_EQ(freeze(small(), {"a", "b.x", "b.y"})->id, "small-77ef96b309a0");
  const auto with_false = parse_plan(R"({
    "name": "small", "models": ["a", "b*"], "order_seed": 3,
    "variants": [{"format": "torchscript", "precision": "fp16", "layout": "channels_last", "cuda_graph": false},
                 {"format": "aoti", "precision": "fp16", "layout": "channels_last", "batches": "1,256"}],
    "batch": ["1", "throughput", "64"],
    "sentinel": {"model": "s.t", "every": 2}})");
  EXPECT_EQ(freeze(*with_false, {"a", "b.x", "b.y"})->id, frozen().id);
}

TEST(Freeze, RefusesWhatCouldNotBeToldApart) {
  EXPECT_THAT(freeze(small(), {}).error().what, HasSubstr("no model"));
  EXPECT_THAT(freeze(small(), {"s", "a"}).error().what, HasSubstr("s.t is there with and without"));
}

TEST(CampaignText, ComesBackAsItWentAndKnowsWhenItWasEdited) {
  const std::string text = to_json(frozen());
  const auto again = campaign_from_json(text);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->id, frozen().id);
  EXPECT_EQ(again->jobs, frozen().jobs);
  EXPECT_EQ(to_json(*again), text);
  std::string edited = text;
  edited.replace(edited.find("\"max_batch\": 256"), 16, "\"max_batch\": 512");
  EXPECT_THAT(campaign_from_json(edited).error().what, HasSubstr("was changed"));
  for (const char* wrong : {"", "{}", R"({"schema": "joulemark.campaign/1"})",
                            R"({"schema": "joulemark.campaign/1", "plan": {}})"}) {
    EXPECT_FALSE(campaign_from_json(wrong)) << wrong;
  }
}

TEST(Left, IsEverythingAtFirstAndNothingInTheEnd) {
  const Campaign c = frozen();
  EXPECT_THAT(left_of(c, {}), SizeIs(c.jobs.size()));
  std::vector<Done> rows;
  for (std::size_t i = 0; i < c.jobs.size(); ++i) {
    const auto left = left_of(c, rows);
    ASSERT_THAT(left, SizeIs(c.jobs.size() - i));
    EXPECT_EQ(left.front().job, i);
    std::ranges::copy(rows_of(c, i), std::back_inserter(rows));
  }
  EXPECT_THAT(left_of(c, rows), IsEmpty());
}

TEST(Left, AJobThatWasCutShortGoesOnWithTheRestOfItsPolicies) {
  const Campaign c = frozen();
  auto rows = rows_of(c, 0);
  rows.pop_back();
  const auto left = left_of(c, rows);
  ASSERT_EQ(left.front().job, 0u);
  ASSERT_THAT(left.front().policies, SizeIs(1));
  EXPECT_EQ(left.front().policies[0].batch, 64);
}

TEST(Left, RowsOfOtherVariantsAndBatchesDoNotCount) {
  const Campaign c = frozen();
  auto rows = rows_of(c, 0);
  rows[0].precision = "fp32";
  rows[2].batch = 32;
  EXPECT_THAT(left_of(c, rows).front().policies, SizeIs(2));
}

TEST(Places, AreAsManyOfAKindAsWerePlanned) {
  const Campaign c = frozen();
  const auto sentinel = rows_of(c, 0)[0];
  const std::vector<Done> five(5, sentinel);
  std::size_t taken = 0;
  for (const auto& job : places_of(c, five)) {
    for (const auto& row : job) taken += row ? 1 : 0;
  }
  EXPECT_EQ(taken, 4u) << "the plan has it four times";
  auto other = sentinel;
  other.precision = "fp32";
  for (const auto& job : places_of(c, std::vector{other})) {
    EXPECT_THAT(job, Each(std::nullopt)) << "no variant of the plan";
  }
}

TEST(PlanQueries, FindArchitecturesOfTheCatalogueOnceAndAreKept) {
  const auto plan = parse_plan(R"({"name": "x", "catalogue": [
    {"architecture": "resnet*", "family": "resnet", "to_year": 2015, "max_params": 30},
    {"architecture": "resnet50", "kind": "CNN", "min_top1": 70, "max_input_size": 288}]})");
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(plan->catalogue[0].max_parameters_m, 30.0);
  EXPECT_EQ(plan->catalogue[1].kind, catalogue::Kind::cnn);
  const auto names = queried_models(*plan, catalogue::built_in());
  ASSERT_TRUE(names) << names.error().message();
  EXPECT_THAT(*names, testing::IsSupersetOf({"resnet18", "resnet50"}));
  EXPECT_THAT(*names, testing::Not(testing::Contains("resnet101")));
  EXPECT_EQ(std::ranges::count(*names, "resnet50"), 1);
  const Campaign c = freeze(*plan, *names).value();
  const auto again = campaign_from_json(to_json(c));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->id, c.id);
  EXPECT_EQ(again->plan.catalogue[0].to_year, 2015);
}

TEST(PlanQueries, ThatFindNothingOrSayNothingKnownAreErrors) {
  const auto none = parse_plan(R"({"name": "x", "catalogue": [{"min_top1": 99.9}]})");
  ASSERT_TRUE(none) << none.error().message();
  EXPECT_THAT(queried_models(*none, catalogue::built_in()).error().what,
              HasSubstr(R"({"min_top1":99.9})"));
  const auto what = [](const char* query) {
    const auto plan = parse_plan(std::string(R"({"name": "x", "catalogue": )") + query + "}");
    return plan ? std::string("a plan") : plan.error().what;
  };
  EXPECT_THAT(what("{}"), HasSubstr("no list"));
  EXPECT_THAT(what("[]"), HasSubstr("no list"));
  EXPECT_THAT(what(R"([{"kind": "CMM"}])"), HasSubstr("'kind' is 'CMM'"));
  EXPECT_THAT(what(R"([{}, {"min_top": 1}])"), HasSubstr("query 2 of 'catalogue'"));
  EXPECT_THAT(what(R"([{"min_top1": 120}])"), HasSubstr("'min_top1' is no number"));
  EXPECT_THAT(parse_plan(R"({"name": "x"})").error().what, HasSubstr("'models' is missing"));
}

}  // namespace
}  // namespace joulemark::campaign

#include "campaign/left.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulemark::campaign {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

/// Jobs s a s b s c s d s: nine, the sentinel at every even place.
Campaign divided() {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "batch": ["1"], "order_seed": 1,
                                   "sentinel": {"model": "s", "every": 1}})")
                        .value();
  return freeze(plan, {"a", "b", "c", "d"}).value();
}

Done row_of(const Campaign& c, std::size_t job, std::optional<Shard> shard) {
  const Job& j = c.jobs[job];
  const Variant& v = c.plan.variants[j.variant];
  return {j.model + ".tag", j.model, v.format, v.precision, v.layout, "batch_1", 1, shard};
}

std::vector<std::size_t> jobs_left(const Campaign& c, const std::vector<Done>& rows, Shard shard) {
  std::vector<std::size_t> jobs;
  for (const Step& step : left_of(c, rows, shard)) jobs.push_back(step.job);
  return jobs;
}

TEST(Shard, HoldsEveryNthJob) {
  const Shard second = parse_shard("2/3").value();
  EXPECT_EQ(second.name(), "2-of-3");
  std::vector<std::size_t> held;
  for (std::size_t job = 0; job < 8; ++job) {
    if (second.holds(job)) held.push_back(job);
  }
  EXPECT_THAT(held, ElementsAre(1u, 4u, 7u));
  EXPECT_TRUE(parse_shard("1/1")->holds(5));
  for (const char* wrong : {"", "2", "/", "2/", "/3", "0/3", "4/3", "1/0", "-1/3", "1/3x", "a/b",
                            "1/99999999999999999999999"}) {
    EXPECT_FALSE(parse_shard(wrong)) << wrong;
  }
}

TEST(Shard, IsKnownByTheNameOfItsFolder) {
  EXPECT_THAT(shard_of_name("2-of-8"), Optional(Shard{2, 8}));
  for (const char* other : {"", "2", "2/8", "9-of-8", "2-of-", "-of-8", "2-of-8x", "log"}) {
    EXPECT_EQ(shard_of_name(other), std::nullopt) << other;
  }
}

TEST(Left, RowsOfAnotherSizeDoNotCountWhereThePlanHasSizes) {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "batch": ["1"], "variants": [
                                   {"input_size": 160}, {"input_size": 224}]})")
                        .value();
  const Campaign c = freeze(plan, {"a"}).value();
  ASSERT_EQ(c.jobs.size(), 2u);
  Done row = row_of(c, 0, std::nullopt);
  row.input_size = c.plan.variants[c.jobs[0].variant].input_size;
  const auto left = left_of(c, std::vector{row});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].job, 1u);
  EXPECT_FALSE(Vacancies(c, std::vector{row}).fill(row));
  row.input_size = 192;
  EXPECT_EQ(left_of(c, std::vector{row}).size(), 2u);
  row.input_size.reset();
  EXPECT_EQ(left_of(c, std::vector{row}).size(), 2u);
}

/// Each of four models as launched, and as a CUDA graph from the same artefact.
Campaign with_graphs() {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "device": "cuda:0",
                                   "variants": [{"batch": ["throughput", "1"]},
                                                {"batch": ["1"], "cuda_graph": true}]})")
                        .value();
  return freeze(plan, {"a", "b", "c", "d"}).value();
}

TEST(Left, ARowOfACudaGraphIsNoneOfItsTwin) {
  const Campaign c = with_graphs();
  ASSERT_EQ(c.jobs.size(), 8u);
  ASSERT_FALSE(c.plan.variants[c.jobs[0].variant].cuda_graph);
  Done row = row_of(c, 0, std::nullopt);
  const auto launched = left_of(c, std::vector{row});
  ASSERT_EQ(launched.size(), 8u);
  EXPECT_EQ(launched[0].policies.size(), 1u) << "throughput";
  row.cuda_graph = true;
  const auto captured = left_of(c, std::vector{row});
  ASSERT_EQ(captured.size(), 7u);
  EXPECT_EQ(captured[0].policies.size(), 2u);
  EXPECT_EQ(captured[1].job, 2u);
  Vacancies vacancies(c, std::vector{row});
  EXPECT_FALSE(vacancies.fill(row));
  row.cuda_graph = false;
  EXPECT_TRUE(vacancies.fill(row));
  row.policy = "fixed";
  row.batch = 8;
  EXPECT_FALSE(vacancies.fill(row)) << "no policy of any variant";
}

TEST(LeftOfAShard, JobsThatShareAnArtefactAreOfOne) {
  const Campaign c = with_graphs();
  EXPECT_THAT(jobs_left(c, {}, {1, 3}), ElementsAre(0u, 1u, 6u, 7u));
  EXPECT_THAT(jobs_left(c, {}, {2, 3}), ElementsAre(2u, 3u));
  // What a shard measured counts for that shard also where its number is not its job's.
  std::vector<Done> rows;
  for (const std::size_t job : {2u, 3u}) rows.push_back(row_of(c, job, Shard{2, 3}));
  rows[1].cuda_graph = true;
  const auto left = left_of(c, rows, Shard{2, 3});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].job, 2u);
  EXPECT_EQ(left[0].policies.size(), 1u) << "throughput";
}

TEST(LeftOfAShard, IsItsJobsWithoutThoseThatAreDoneAnywhere) {
  const Campaign c = divided();
  ASSERT_EQ(c.jobs.size(), 9u);
  EXPECT_THAT(jobs_left(c, {}, {2, 3}), ElementsAre(1u, 4u, 7u));
  // Job 1 was measured here, job 7 by a run of the whole campaign.
  const std::vector<Done> rows = {row_of(c, 1, Shard{2, 3}), row_of(c, 7, std::nullopt)};
  EXPECT_THAT(jobs_left(c, rows, {2, 3}), ElementsAre(4u));
  EXPECT_THAT(left_of(c, rows), testing::SizeIs(7));
}

TEST(LeftOfAShard, ASentinelOfAnotherShardIsNotItsOwn) {
  const Campaign c = divided();
  // Shard 2 of 3 has the sentinel as job 4 alone. That it was measured leaves shard 1 with both of
  // its own, 0 and 6, and shard 3 with 2 and 8.
  const std::vector<Done> rows = {row_of(c, 4, Shard{2, 3})};
  EXPECT_THAT(jobs_left(c, rows, {1, 3}), ElementsAre(0u, 3u, 6u));
  EXPECT_THAT(jobs_left(c, rows, {2, 3}), ElementsAre(1u, 7u));
  EXPECT_THAT(jobs_left(c, rows, {3, 3}), ElementsAre(2u, 5u, 8u));
}

TEST(LeftOfAShard, WhateverTheOrderOfEndingEveryJobIsDoneByItsShard) {
  const Campaign c = divided();
  for (std::size_t killed_first = 1; killed_first <= 3; ++killed_first) {
    std::vector<Done> rows;
    // Each shard does one job, then all run again, beginning with another.
    for (std::size_t number = 1; number <= 3; ++number) {
      const auto left = jobs_left(c, rows, {number, 3});
      rows.push_back(row_of(c, left.front(), Shard{number, 3}));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const Shard shard{(killed_first + i - 1) % 3 + 1, 3};
      for (const std::size_t job : jobs_left(c, rows, shard)) {
        rows.push_back(row_of(c, job, shard));
      }
    }
    EXPECT_EQ(rows.size(), 9u);
    EXPECT_THAT(left_of(c, rows), IsEmpty());
  }
}

TEST(LeftOfAShard, WhatTwoProcessesMeasuredBothCountsOnce) {
  const Campaign c = divided();
  // Shard 3 of 3 ran twice at once.
  const std::vector<Done> twice(2, row_of(c, 5, Shard{3, 3}));
  EXPECT_THAT(jobs_left(c, twice, {3, 3}), ElementsAre(2u, 8u));
}

TEST(LeftOfAShard, RowsOfAnotherDivisionCountWhereARowIsLacking) {
  const Campaign c = divided();
  std::vector<Done> rows = {row_of(c, 0, Shard{1, 2}), row_of(c, 1, Shard{2, 2})};
  EXPECT_THAT(jobs_left(c, rows, {1, 3}), ElementsAre(3u, 6u));
  EXPECT_THAT(jobs_left(c, rows, {2, 3}), ElementsAre(4u, 7u));
}

}  // namespace
}  // namespace joulemark::campaign

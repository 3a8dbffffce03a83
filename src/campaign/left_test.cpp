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
  row.policy = "fixed";
  row.batch = 8;
  EXPECT_EQ(left_of(c, std::vector{row}).size(), 8u) << "no policy of any variant";
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

/// What row_of gives, of a row that names its job.
Done named(const Campaign& c, std::size_t job, const std::string& status = "ok",
           const std::string& at = "2026-11-26T10:00:00Z") {
  Done row = row_of(c, job, std::nullopt);
  row.job = job;
  row.status = status;
  row.at = at;
  return row;
}

std::vector<std::size_t> tried_again(const Campaign& c, const std::vector<Done>& rows,
                                     const std::string& kinds = "all",
                                     const std::string& flags = "") {
  std::vector<std::size_t> jobs;
  for (const Step& step : left_of(c, rows, parse_retry(kinds, flags).value()))
    jobs.push_back(step.job);
  return jobs;
}

std::vector<std::size_t> measured_again(const Campaign& c, const std::vector<Done>& rows,
                                        const std::string& flags = "all") {
  return tried_again(c, rows, "", flags);
}

/// All jobs of divided(), each with a row that is ok.
std::vector<Done> complete(const Campaign& c) {
  std::vector<Done> rows;
  for (std::size_t job = 0; job < c.jobs.size(); ++job) rows.push_back(named(c, job));
  return rows;
}

TEST(Places, ARowThatNamesItsJobIsForThatAlone) {
  const Campaign c = divided();
  // The sentinel is jobs 0, 2, 4, 6 and 8.
  EXPECT_THAT(jobs_left(c, {named(c, 4), named(c, 8)}, {1, 1}),
              ElementsAre(0u, 1u, 2u, 3u, 5u, 6u, 7u));
  EXPECT_THAT(jobs_left(c, {named(c, 4), named(c, 4)}, {1, 1}), testing::SizeIs(8))
      << "two of one job are for one place";
  Done stray = named(c, 4);
  stray.job = 1;
  EXPECT_THAT(left_of(c, std::vector{stray}), testing::SizeIs(9)) << "job 1 is another model's";
  stray.job = 1000;
  EXPECT_THAT(left_of(c, std::vector{stray}), testing::SizeIs(9));
}

TEST(Places, ARowThatNamesNoJobIsForAPlaceThatHasNone) {
  const Campaign c = divided();
  const std::vector<Done> rows = {named(c, 0), row_of(c, 0, std::nullopt),
                                  row_of(c, 0, Shard{2, 3})};
  EXPECT_THAT(jobs_left(c, rows, {1, 1}), ElementsAre(1u, 3u, 5u, 6u, 7u, 8u));
  // In three shards, that of the second is for job 4.
  EXPECT_THAT(jobs_left(c, rows, {1, 3}), ElementsAre(3u, 6u));
  EXPECT_THAT(jobs_left(c, rows, {2, 3}), ElementsAre(1u, 7u));
}

TEST(Places, OkWinsOverAFailureAndOfFailuresTheNewestCounts) {
  const Campaign c = divided();
  const std::vector<Done> rows = {named(c, 1, "crashed", "2026-11-26T10:00:02Z"),
                                  named(c, 1, "timed_out", "2026-11-26T10:00:01Z"),
                                  named(c, 3, "ok", "2026-11-26T10:00:01Z"),
                                  named(c, 3, "crashed", "2026-11-26T10:00:02Z"),
                                  named(c, 5, "crashed", "2026-11-26T10:00:01Z"),
                                  named(c, 5, "timed_out", "2026-11-26T10:00:01Z"),
                                  named(c, 3, "ok", "2026-11-26T10:00:00Z")};
  const Places places = places_of(c, rows);
  EXPECT_THAT(places[1], ElementsAre(Optional(0u)));
  EXPECT_THAT(places[3], ElementsAre(Optional(2u)));
  EXPECT_THAT(places[5], ElementsAre(Optional(5u))) << "of the same second the later one";
  EXPECT_THAT(places[7], ElementsAre(std::nullopt));
}

TEST(Places, ARowOfNoJobThatIsOkWinsOverAFailureToo) {
  const Campaign c = divided();
  const std::vector<Done> rows = {named(c, 1, "crashed"), row_of(c, 1, std::nullopt)};
  EXPECT_THAT(places_of(c, rows)[1], ElementsAre(Optional(1u)));
  EXPECT_THAT(tried_again(c, rows), testing::Not(testing::Contains(1u)));
}

TEST(Retry, IsOfAllFailuresOrOfThoseThatAreNamed) {
  const Campaign c = divided();
  std::vector<Done> rows = complete(c);
  EXPECT_THAT(tried_again(c, rows), IsEmpty());
  rows[1].status = "crashed";
  rows[4].status = "timed_out";
  EXPECT_THAT(left_of(c, rows), IsEmpty()) << "unless it is asked for";
  EXPECT_THAT(tried_again(c, rows), ElementsAre(1u, 4u));
  EXPECT_THAT(tried_again(c, rows, "crashed"), ElementsAre(1u));
  EXPECT_THAT(tried_again(c, rows, "crashed,timed_out"), ElementsAre(1u, 4u));
  EXPECT_THAT(tried_again(c, rows, "unstable"), IsEmpty());
  const Retry all = parse_retry("all", "").value();
  EXPECT_THAT(left_of(c, rows, Shard{2, 3}, all), testing::SizeIs(2));
  EXPECT_THAT(left_of(c, rows, Shard{3, 3}, all), IsEmpty());
}

TEST(Retry, IsOfDisturbedRowsWhereTheseAreAskedFor) {
  const Campaign c = divided();
  std::vector<Done> rows = complete(c);
  rows[1].disturbed = {"busy_host"};
  rows[4].disturbed = {"not_steady", "busy_host"};
  rows[5].status = "crashed";
  rows[5].disturbed = {"busy_host"};
  EXPECT_THAT(left_of(c, rows), IsEmpty()) << "unless it is asked for";
  EXPECT_THAT(tried_again(c, rows), ElementsAre(5u)) << "a disturbed row is no failure";
  EXPECT_THAT(measured_again(c, rows), ElementsAre(1u, 4u)) << "nor a failure a disturbed row";
  EXPECT_THAT(measured_again(c, rows, "not_steady"), ElementsAre(4u));
  EXPECT_THAT(measured_again(c, rows, "throttled,busy_host"), ElementsAre(1u, 4u));
  EXPECT_THAT(measured_again(c, rows, "throttled"), IsEmpty());
  EXPECT_THAT(left_of(c, rows, parse_retry("crashed", "not_steady").value()), testing::SizeIs(2));
  EXPECT_THAT(left_of(c, rows, Retry{}), IsEmpty());
}

TEST(Places, ASoundRowWinsOverADisturbedOneAndThatOverAFailure) {
  const Campaign c = divided();
  const auto disturbed = [&](std::size_t job, const std::string& at) {
    Done row = named(c, job, "ok", at);
    row.disturbed = {"busy_host"};
    return row;
  };
  const std::vector<Done> rows = {disturbed(1, "2026-11-26T10:00:00Z"),
                                  named(c, 1, "ok", "2026-11-26T10:00:01Z"),
                                  disturbed(1, "2026-11-26T10:00:02Z"),
                                  disturbed(3, "2026-11-26T10:00:00Z"),
                                  named(c, 3, "crashed", "2026-11-26T10:00:01Z"),
                                  disturbed(5, "2026-11-26T10:00:00Z"),
                                  disturbed(5, "2026-11-26T10:00:01Z"),
                                  disturbed(7, "2026-11-26T10:00:00Z"),
                                  row_of(c, 7, std::nullopt)};
  const Places places = places_of(c, rows);
  EXPECT_THAT(places[1], ElementsAre(Optional(1u)));
  EXPECT_THAT(places[3], ElementsAre(Optional(3u)));
  EXPECT_THAT(places[5], ElementsAre(Optional(6u))) << "the newest of those that are no better";
  EXPECT_THAT(places[7], ElementsAre(Optional(8u))) << "though it names no job";
}

TEST(Retry, WhatCameOfItTakesThePlaceOfTheFailureAndOfNoOther) {
  const Campaign c = divided();
  // The sentinel failed as job 2, and jobs 6 to 8 were not reached.
  std::vector<Done> rows = complete(c);
  rows.resize(6);
  rows[2].status = "crashed";
  rows.push_back(named(c, 2, "timed_out", "2026-11-26T11:00:00Z"));
  EXPECT_THAT(jobs_left(c, rows, {1, 1}), ElementsAre(6u, 7u, 8u));
  EXPECT_THAT(tried_again(c, rows, "crashed"), ElementsAre(6u, 7u, 8u)) << "it times out now";
  EXPECT_THAT(tried_again(c, rows, "timed_out"), ElementsAre(2u, 6u, 7u, 8u));
  rows.push_back(named(c, 2, "ok", "2026-11-26T12:00:00Z"));
  EXPECT_THAT(tried_again(c, rows), ElementsAre(6u, 7u, 8u));
}

TEST(Retry, ThatIsMisspeltSaysWhatThereIs) {
  EXPECT_THAT(parse_retry("all", "")->failed, Optional(IsEmpty()));
  EXPECT_EQ(parse_retry("all", "")->disturbed, std::nullopt);
  for (const char* wrong : {"timeout", ",", "ok", "crashed,", "interrupted", "crashed timed_out"}) {
    const auto retry = parse_retry(wrong, "");
    ASSERT_FALSE(retry) << wrong;
    EXPECT_THAT(retry.error().next, testing::HasSubstr("out_of_memory, timed_out"));
  }
  EXPECT_THAT(parse_retry("timeout", "").error().what, testing::HasSubstr("'timed_out'?"));
  for (const char* wrong : {"busy", "crashed", "busy_host,", "drifted"}) {
    const auto retry = parse_retry("", wrong);
    ASSERT_FALSE(retry) << wrong;
    EXPECT_THAT(retry.error().next, testing::HasSubstr("temperature_changed, busy_host"));
  }
  EXPECT_THAT(parse_retry("", "busy_hosts").error().what,
              testing::HasSubstr("no flag of a disturbed row; 'busy_host'?"));
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

#include "campaign/pace.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace joulemark::campaign {
namespace {

using testing::DoubleNear;
using testing::Optional;

store::Record row(const std::string& sitting, int job, double took, const std::string& at) {
  store::Record r;
  r.measured_at = at;
  r.provenance_json =
      fmt::format(R"({{"sitting": "{}", "job": {}, "time_s": {{"row": {}}}}})", sitting, job, took);
  return r;
}

TEST(Pace, IsOfJobsAndOfWhatComesBeforeTheFirst) {
  // The first sitting begins with 100 s of exports, the second with 60.
  const std::vector<store::Record> rows = {
      row("20261127T100000Z-000001", 0, 20.0, "2026-11-27T10:02:00Z"),
      row("20261127T100000Z-000001", 0, 10.0,
          "2026-11-27T10:02:10Z"),  // another policy of that job
      row("20261127T100000Z-000001", 1, 15.0, "2026-11-27T10:02:25Z"),
      row("20261127T110000Z-000002", 2, 15.0, "2026-11-27T11:01:15Z")};
  const Pace pace = pace_of(rows);
  EXPECT_EQ(pace.jobs, 3u);
  EXPECT_THAT(pace.seconds_per_job(), Optional(DoubleNear(20.0, 1e-9)));
  ASSERT_TRUE(pace.until_first);
  EXPECT_NEAR(seconds(*pace.until_first), 80.0, 1e-9);
}

TEST(Pace, IsUnknownWhereRowsDoNotSayIt) {
  EXPECT_FALSE(pace_of({}).seconds_per_job());
  EXPECT_FALSE(pace_of({}).until_first);
  store::Record failed;  // it could not be exported
  failed.measured_at = "2026-11-27T10:02:00Z";
  const std::vector<store::Record> rows = {
      failed, row("no run", 0, 20.0, "2026-11-27T10:02:00Z"),
      row("20261127T110000Z-000002", 1, 10.0, "2026-11-27T10:00:00Z")};  // the clock was set
  EXPECT_THAT(pace_of(rows).seconds_per_job(), Optional(DoubleNear(15.0, 1e-9)));
  EXPECT_FALSE(pace_of(rows).until_first);
}

/// A row of another campaign: TorchScript in fp16 on a GPU.
store::Record other(int job, double took, const std::string& policy, bool cuda_graph = false) {
  store::Record r = row("20261127T100000Z-000001", job, took, "2026-11-27T10:02:00Z");
  r.format = "torchscript";
  r.precision = "fp16";
  r.layout = "channels_last";
  r.policy = policy;
  r.scope = "gpu_board";
  if (cuda_graph) {
    r.provenance_json.back() = ',';
    r.provenance_json += R"("settings": {"cuda_graph": true}})";
  }
  return r;
}

TEST(PaceBeside, IsOfRowsThatTheCampaignCouldHave) {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "device": "cuda:0", "variants": [
      {"precision": "fp16", "layout": "channels_last", "batch": ["throughput"]},
      {"precision": "fp16", "layout": "channels_last", "batch": ["1"], "cuda_graph": true}]})")
                        .value();
  const Campaign c = freeze(plan, {"a", "b"}).value();
  std::vector<store::Record> rows = {other(0, 20.0, "throughput"), other(1, 10.0, "batch_1", true),
                                     other(2, 500.0, "batch_1"),
                                     other(3, 500.0, "throughput", true), other(4, 500.0, "fixed")};
  rows.push_back(other(5, 500.0, "throughput"));
  rows.back().precision = "fp32";
  rows.push_back(other(6, 500.0, "throughput"));
  rows.back().scope = "cpu_estimate";
  const Pace pace = pace_beside(c, rows, "cuda");
  EXPECT_THAT(pace.seconds_per_job(), Optional(DoubleNear(15.0, 1e-9)));
  ASSERT_TRUE(pace.until_first);
  EXPECT_NEAR(seconds(*pace.until_first), 100.0, 1e-9) << "two minutes less the longer row";
  EXPECT_THAT(pace_beside(c, rows, "cpu").seconds_per_job(), Optional(DoubleNear(500.0, 1e-9)));
  EXPECT_FALSE(pace_beside(c, {}, "cuda").seconds_per_job());
}

TEST(PaceBeside, AJobIsAsManyRowsAsItHasPolicies) {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "device": "cuda:0", "variants": [
      {"precision": "fp16", "layout": "channels_last", "batch": ["1", "throughput"]}]})")
                        .value();
  const Campaign c = freeze(plan, {"a"}).value();
  const std::vector<store::Record> rows = {other(0, 20.0, "throughput"), other(1, 10.0, "batch_1"),
                                           other(2, 18.0, "throughput"), other(2, 12.0, "batch_1")};
  EXPECT_THAT(pace_beside(c, rows, "cuda").seconds_per_job(), Optional(DoubleNear(30.0, 1e-9)));
}

}  // namespace
}  // namespace joulemark::campaign

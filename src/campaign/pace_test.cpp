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

}  // namespace
}  // namespace joulemark::campaign

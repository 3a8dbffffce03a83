#include "campaign/slurm/state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"

namespace joulemark::campaign::slurm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

const Wanted kWanted{"joulemark-x-0123456789ab", "/data/h200", {17}};

/// What a program printed, kept as an input of the fuzz target too.
std::string printed(const std::string& name) {
  return read_file(std::filesystem::path(SLURM_OUTPUTS) / name).value();
}

std::vector<std::string> states(const std::vector<Task>& tasks) {
  std::vector<std::string> all;
  for (const Task& t : tasks)
    all.push_back(std::to_string(t.job) + "_" + std::to_string(t.number) + " " + t.state);
  return all;
}

TEST(Squeue, OfSlurm22IsRead) {
  const auto tasks = parse_squeue(printed("squeue-22.05.json"), kWanted);
  ASSERT_TRUE(tasks) << tasks.error().message();
  // Found by their folder: none of these numbers was recorded.
  EXPECT_THAT(states(*tasks), ElementsAre("1_1 RUNNING", "1_2 RUNNING", "1_7 PENDING",
                                          "1_8 PENDING", "2_1 PENDING"));
  EXPECT_EQ(tasks->front().node, "n1");
  EXPECT_THAT(tasks->front().restarts, Optional(0));
  EXPECT_EQ(tasks->front().exit_code, std::nullopt) << "it has not ended";
  EXPECT_EQ(tasks->front().reason, "");
}

TEST(Squeue, OfSlurm24IsReadToo) {
  const auto tasks = parse_squeue(printed("squeue-24.json"), kWanted);
  ASSERT_TRUE(tasks) << tasks.error().message();
  EXPECT_THAT(states(*tasks), ElementsAre("17_1 FAILED", "17_2 RUNNING", "17_3 PENDING",
                                          "17_4 PENDING", "17_5 PENDING", "17_7 PENDING"));
  EXPECT_THAT((*tasks)[0].exit_code, Optional(8));
  EXPECT_THAT((*tasks)[1].restarts, Optional(1));
  EXPECT_EQ((*tasks)[2].reason, "Resources");
}

TEST(Squeue, JobsOfOthersAreNotOurs) {
  const std::string text = printed("squeue-24.json");
  EXPECT_THAT(parse_squeue(text, {"joulemark-y-0123456789ab", "/data/h200", {17}}).value(),
              IsEmpty());
  // A copy of the campaign elsewhere, which submitted a job of its own.
  EXPECT_THAT(parse_squeue(text, {kWanted.name, "/data/copy", {}}).value(), IsEmpty());
  EXPECT_THAT(parse_squeue(text, {kWanted.name, "/data/link", {17}}).value(), SizeIs(6));
}

TEST(Squeue, SaysWhyItDoesNotKnow) {
  // As 22.05 answers with exit code 0 when its controller is down.
  const auto down = parse_squeue(
      R"({"errors": [{"description": "Failed while looking for jobs", "error_number": -1}], "jobs": []})",
      kWanted);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, ErrorKind::io);
  EXPECT_THAT(down.error().message(), HasSubstr("Failed while looking for jobs"));
  for (const char* other : {"", "[]", "{}", "JOBID PARTITION", R"({"jobs": )"}) {
    const auto none = parse_squeue(other, kWanted);
    ASSERT_FALSE(none) << other;
    EXPECT_EQ(none.error().kind, ErrorKind::unsupported) << other;
  }
}

TEST(Sacct, IsRead) {
  const auto tasks = parse_sacct(printed("sacct.txt"), kWanted);
  EXPECT_THAT(states(tasks),
              ElementsAre("17_1 COMPLETED", "17_2 CANCELLED", "17_3 RUNNING", "17_4 PENDING",
                          "17_5 PENDING", "17_6 PENDING", "17_7 OUT_OF_MEMORY", "17_9 PENDING"));
  EXPECT_EQ(tasks[3].node, "");
  EXPECT_THAT(parse_sacct("Slurm accounting storage is disabled\n", kWanted), IsEmpty());
}

TEST(Scontrol, IsRead) {
  const Wanted wanted{kWanted.name, "/elsewhere", {2}};
  const auto tasks = parse_scontrol(printed("scontrol.txt"), wanted);
  ASSERT_THAT(states(tasks), ElementsAre("2_1 FAILED"));
  EXPECT_EQ(tasks[0].node, "n2");
  EXPECT_EQ(tasks[0].reason, "NonZeroExitCode");
  EXPECT_THAT(tasks[0].exit_code, Optional(3));
  EXPECT_THAT(tasks[0].restarts, Optional(0));
  EXPECT_THAT(parse_scontrol("No jobs in the system\n", wanted), IsEmpty());
}

TEST(Active, IsWhatSlurmMayStillRun) {
  for (const char* state : {"PENDING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED", "NEW_ONE"})
    EXPECT_TRUE(is_active({17, 1, state, {}, {}, {}, {}})) << state;
  for (const char* state : {"", "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "CANCELLED"})
    EXPECT_FALSE(is_active({17, 1, state, {}, {}, {}, {}})) << state;
}

TEST(Merged, TakesEachTaskFromTheFirstThatKnowsIt) {
  const std::vector<Task> first = {{17, 2, "RUNNING", {}, {}, {}, {}}};
  const std::vector<Task> second = {{17, 2, "PENDING", {}, {}, {}, {}},
                                    {17, 1, "COMPLETED", {}, {}, {}, {}}};
  EXPECT_THAT(states(merged(first, second)), ElementsAre("17_1 COMPLETED", "17_2 RUNNING"));
}

TEST(Array, ComesAndGoesAsText) {
  EXPECT_THAT(parse_array("1,3,5-8%4", 100), ElementsAre(1, 3, 5, 6, 7, 8));
  EXPECT_THAT(parse_array("1-9:4", 100), ElementsAre(1, 5, 9));
  EXPECT_THAT(parse_array("1-4294967295", 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(parse_array("0", 3), IsEmpty());
  for (const char* wrong : {"", "x", "1,", "1-", "-1", "1-2:0", "1-2:x"})
    EXPECT_THAT(parse_array(wrong, 100), IsEmpty()) << wrong;
  EXPECT_EQ(array_text({1, 3, 5, 6, 7, 8}), "1,3,5-8");
  EXPECT_EQ(array_text({}), "");
}

TEST(TimeLimit, IsReadAsSbatchReadsIt) {
  EXPECT_THAT(parse_time_limit("90"), Optional(90 * 60));
  EXPECT_THAT(parse_time_limit("90:30"), Optional(90 * 60 + 30));
  EXPECT_THAT(parse_time_limit("8:00:00"), Optional(8 * 3600));
  EXPECT_THAT(parse_time_limit("1-12"), Optional(36 * 3600));
  EXPECT_THAT(parse_time_limit("1-12:30"), Optional(36 * 3600 + 1800));
  EXPECT_THAT(parse_time_limit("1-0:0:5"), Optional(86405));
  for (const char* none :
       {"", "0", "UNLIMITED", "1h", "-5", "1-", "1:2:3:4", "99999999999999999999"})
    EXPECT_EQ(parse_time_limit(none), std::nullopt) << none;
}

}  // namespace
}  // namespace joulemark::campaign::slurm

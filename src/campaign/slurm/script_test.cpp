#include "campaign/slurm/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/text.hpp"
#include "campaign/slurm/job.hpp"

namespace joulemark::campaign::slurm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Campaign campaign(const std::string& device = "auto") {
  const Plan plan = parse_plan(R"({"name": "x", "models": ["*"], "batch": ["1", "throughput"],
                                   "device": ")" +
                               device + R"("})")
                        .value();
  return freeze(plan, {"a", "b"}).value();
}

JobRequest request() {
  JobRequest r;
  r.folder = "/data/h200";
  r.joulemark = "/opt/joulemark/bin/joulemark";
  r.tasks = {1, 2, 5};
  return r;
}

TEST(JobScript, SaysWhatTheJobIs) {
  const Campaign c = campaign();
  JobRequest r = request();
  r.partition = "gpu";
  r.time = "8:00:00";
  r.run_options = {"--meter", "nvml", "--exporter", "/opt/v env/bin/python -m joulemark_zoo"};
  const std::string script = job_script(c, r).value();
  EXPECT_THAT(script, testing::StartsWith("#!/bin/bash\n"));
  for (const std::string& line : {
           "#SBATCH --job-name=joulemark-" + c.id,
           std::string("#SBATCH --array=1-2,5"),
           std::string("#SBATCH --chdir=/data/h200"),
           std::string("#SBATCH --output=/data/h200/slurm/log/%A_%a-%N.log"),
           std::string("#SBATCH --open-mode=append"),
           std::string("#SBATCH --requeue"),
           std::string("#SBATCH --gres=gpu:1"),
           std::string("#SBATCH --partition=gpu"),
           std::string("#SBATCH --time=8:00:00"),
           // 2 policies of 10 s, 5 s for the model, and a minute that Slurm does not see.
           std::string("#SBATCH --signal=B:USR1@85"),
       }) {
    EXPECT_THAT(script, HasSubstr("\n" + line + "\n"));
  }
  EXPECT_THAT(script, HasSubstr("--shard \"$SLURM_ARRAY_TASK_ID/8\" --tolerate-failures \\\n"
                                "  --slot 28715 \\\n  --meter nvml \\\n"
                                "  --exporter '/opt/v env/bin/python -m joulemark_zoo'\n"));
}

TEST(JobScript, OnCpusTheNodeIsTheDevice) {
  EXPECT_THAT(job_script(campaign("cpu"), request()).value(),
              AllOf(HasSubstr("#SBATCH --exclusive"), Not(HasSubstr("--gres"))));
  JobRequest r = request();
  r.gres = "gpu:h200:1";
  EXPECT_THAT(job_script(campaign("cpu"), r).value(),
              AllOf(Not(HasSubstr("--exclusive")), HasSubstr("#SBATCH --gres=gpu:h200:1\n")));
}

TEST(JobScript, TheUsersOwnOptionsComeLast) {
  JobRequest r = request();
  r.sbatch_options = {"--account=energy", "--cpus-per-task=8"};
  const std::string script = job_script(campaign(), r).value();
  EXPECT_LT(script.find("--cpus-per-task=2"), script.find("#SBATCH --cpus-per-task=8"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --account=energy\n"));
}

TEST(JobScript, ASlotThatIsGivenIsTaken) {
  JobRequest r = request();
  r.slot_s = 600.0;
  r.time = "8:00:00";
  EXPECT_THAT(job_script(campaign(), r).value(), HasSubstr("--slot 600\n"));
  EXPECT_THAT(job_script(campaign(), request()).value(), Not(HasSubstr("--slot")))
      << "nobody said when it ends";
}

TEST(JobScript, WhatCannotWorkIsRefused) {
  const auto refused = [](const auto& change) {
    JobRequest r = request();
    change(r);
    const auto script = job_script(campaign(), r);
    return script ? "accepted" : script.error().message();
  };
  using R = JobRequest;
  EXPECT_THAT(refused([](R& r) { r.time = "soon"; }), HasSubstr("'soon' is no time limit"));
  EXPECT_THAT(refused([](R& r) { r.time = "1"; }), HasSubstr("Give it more --time"));
  EXPECT_THAT(refused([](R& r) { r.partition = "a\n#SBATCH --uid=0"; }), HasSubstr("line break"));
  EXPECT_THAT(refused([](R& r) { r.folder = "/data/a\tb"; }), HasSubstr("control character"));
  EXPECT_THAT(refused([](R& r) { r.sbatch_options = {"account=x"}; }), HasSubstr("no option"));
  EXPECT_THAT(refused([](R& r) { r.sbatch_options = {"--array=1-3"}; }), HasSubstr("--shards"));
  EXPECT_THAT(refused([](R& r) { r.sbatch_options = {"-J x"}; }), HasSubstr("is set by joulemark"));
}

TEST(JobScript, StrangePathsStayWhole) {
  JobRequest r = request();
  r.folder = R"(/data/it's 100% "mine" $HOME\)";
  const std::string script = job_script(campaign(), r).value();
  EXPECT_THAT(script, HasSubstr(R"(folder='/data/it'\''s 100% "mine" $HOME\')"));
  EXPECT_THAT(script, HasSubstr(R"(--chdir="/data/it's 100% \"mine\" $HOME\\")"));
  EXPECT_THAT(script,
              HasSubstr(R"(--output="/data/it's 100%% \"mine\" $HOME\\/slurm/log/%A_%a-%N.log")"));
}

TEST(JobScript, IsAScript) {
  JobRequest r = request();
  r.folder = "/data/it's mine";
  r.run_options = {"--worker-options", R"({"a": "it's"})"};
  const std::string file = testing::TempDir() + "joulemark_job_script_test.sh";
  std::ofstream(file) << job_script(campaign(), r).value();
  EXPECT_EQ(std::system(("bash -n '" + file + "'").c_str()), 0);
  std::filesystem::remove(file);
}

TEST(Submitted, IsTheLastLine) {
  EXPECT_EQ(parse_submitted("17\n")->number, 17);
  const Job job = parse_submitted("a plugin says hello\n17;north\n").value();
  EXPECT_EQ(job.number, 17);
  EXPECT_EQ(job.cluster, "north");
  for (const char* wrong :
       {"", "\n", "Submitted batch job 17", "0", "-1", "17x", "1-3", "99999999999999999999"}) {
    EXPECT_FALSE(parse_submitted(wrong)) << wrong;
  }
}

TEST(Jobs, ComeBackAsTheyWent) {
  const std::vector<Job> jobs = {{17, "", 8, {1, 2, 3, 8}, "2026-11-25T10:00:00Z"},
                                 {29, "north", 4, {2}, "2026-11-26T10:00:00Z"}};
  EXPECT_EQ(jobs_from_json(to_json(jobs)).value(), jobs);
  for (const char* wrong : {"", "{}", "[]", R"({"schema": "joulemark.slurm/1"})",
                            R"({"schema": "joulemark.slurm/1", "jobs": [{"job": 1}]})"}) {
    const auto read = jobs_from_json(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_THAT(read.error().message(), HasSubstr("slurm/jobs.json")) << wrong;
  }
}

TEST(Shared, AFolderInMemoryIsNot) {
  EXPECT_FALSE(looks_shared("/no/such/folder"));
  EXPECT_FALSE(looks_shared("/dev/shm"));
}

}  // namespace
}  // namespace joulemark::campaign::slurm

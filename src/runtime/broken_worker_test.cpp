#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <vector>

#include "runtime/testing/workbench.hpp"

/// Workers that break the protocol: each is a typed error, never the end of the controller.
namespace joulemark::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::kAmple;
using testing::outcome_of;
using ::testing::SizeIs;
using ::testing::StartsWith;

class BrokenWorker : public ::testing::Test {
 protected:
  ~BrokenWorker() override { unsetenv("JOULEMARK_BROKEN_WORKER"); }

  Result<std::unique_ptr<Worker>> start(const char* fault) {
    setenv("JOULEMARK_BROKEN_WORKER", fault, 1);
    return bench_.start(JOULEMARK_BROKEN_WORKER);
  }

  std::unique_ptr<Worker> started(const char* fault) {
    auto worker = start(fault);
    EXPECT_TRUE(worker) << outcome_of(worker);
    return worker ? std::move(*worker) : nullptr;
  }

  Result<Loaded> load(Worker& worker) { return worker.load(bench_.model("{}"), kAmple); }

  /// How a run of three steps ends.
  std::string run(Worker& worker) {
    if (auto loaded = load(worker); !loaded) return outcome_of(loaded);
    if (auto given = worker.set_input(std::vector<float>(6), 2, kAmple); !given)
      return outcome_of(given);
    if (auto begun = worker.start(1, 3, 1); !begun) return outcome_of(begun);
    std::vector<Completion> completions;
    while (true) {
      const auto state = worker.poll(completions);
      if (!state) return outcome_of(state);
      if (*state == RunState::finished) return "complete: " + std::to_string(completions.size());
    }
  }

  testing::Workbench bench_;
};

TEST_F(BrokenWorker, IsSoundWhenAskedForNoFault) {
  EXPECT_EQ(run(*started("none")), "complete: 3");
}

TEST_F(BrokenWorker, OfAnotherVersionIsNotUsed) {
  EXPECT_THAT(outcome_of(start("other_version")),
              AllOf(StartsWith("protocol: "), HasSubstr("speaks protocol 2, this program 1")));
}

TEST_F(BrokenWorker, ThatGreetsWronglyIsNotUsed) {
  EXPECT_THAT(outcome_of(start("devices")),
              AllOf(StartsWith("protocol: "), HasSubstr("'devices'")));
  EXPECT_THAT(outcome_of(start("other_id")), StartsWith("crashed: "));
  EXPECT_THAT(outcome_of(start("list")), StartsWith("crashed: "));
  EXPECT_THAT(outcome_of(start("both")), StartsWith("crashed: "));
  EXPECT_THAT(outcome_of(start("huge_length")), AllOf(StartsWith("crashed: "), HasSubstr("frame")));
}

TEST_F(BrokenWorker, WithAnErrorOfNoKnownFormIsACrash) {
  const auto worker = started("error_kind");
  EXPECT_THAT(outcome_of(load(*worker)),
              AllOf(StartsWith("crashed: "), HasSubstr("without saying why")));
}

TEST_F(BrokenWorker, ThatRepliesTwiceIsGivenUp) {
  const auto worker = started("twice");
  EXPECT_THAT(outcome_of(load(*worker)),
              AllOf(StartsWith("crashed: "), HasSubstr("nothing asked for")));
}

TEST_F(BrokenWorker, MaySendItsRepliesInPieces) {
  EXPECT_EQ(run(*started("pieces")), "complete: 3");
}

TEST_F(BrokenWorker, ThatClosesItsConnectionIsGivenUp) {
  auto worker = started("closes");
  const pid_t pid = worker->pid();
  EXPECT_THAT(outcome_of(load(*worker)),
              AllOf(StartsWith("crashed: "), HasSubstr("closed its connection")));
  worker.reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(BrokenWorker, ThatMiscountsItsStepsIsGivenUp) {
  EXPECT_THAT(run(*started("steps")),
              AllOf(StartsWith("crashed: "), HasSubstr("4 steps and stamped 3")));
  const auto worker = started("no_steps");
  const std::string ended = run(*worker);
  EXPECT_THAT(ended, AllOf(StartsWith("crashed: "), HasSubstr("number of steps")));
  EXPECT_EQ(outcome_of(worker->infer(1, kAmple)), ended);
}

TEST_F(BrokenWorker, ThatStampsByAnotherClockIsGivenUp) {
  EXPECT_THAT(run(*started("stamps_future")),
              AllOf(StartsWith("crashed: "), HasSubstr("in the future")));
  EXPECT_THAT(run(*started("stamps_past")), AllOf(StartsWith("crashed: "), HasSubstr("before")));
}

TEST_F(BrokenWorker, ThatScribblesInTheSharedMemoryHarmsNoReading) {
  const auto worker = started("scribbles");
  ASSERT_TRUE(load(*worker));
  for (const std::int64_t images : {2, 1000, 1}) {
    const auto values = static_cast<std::size_t>(3 * images);
    ASSERT_TRUE(worker->set_input(std::vector<float>(values), images, kAmple));
    const auto logits = worker->infer(1, kAmple);
    ASSERT_TRUE(logits) << outcome_of(logits);
    EXPECT_THAT(*logits, SizeIs(2 * images));
  }
}

TEST_F(BrokenWorker, ThatReadsNothingIsTimedOut) {
  const auto worker = started("deaf");
  LoadRequest request = bench_.model("{}");
  request.options_json = R"({"much": ")" + std::string(1'000'000, 'x') + R"("})";
  EXPECT_THAT(outcome_of(worker->load(request, 200ms)),
              AllOf(StartsWith("timed_out: "), HasSubstr("did not read 'load'")));
}

TEST_F(BrokenWorker, ThatReadsNothingDoesNotKeepAnInterruptedController) {
  std::atomic<bool> interrupted{false};
  bench_.options.interrupted = &interrupted;
  const auto worker = started("deaf");
  interrupted = true;
  LoadRequest request = bench_.model("{}");
  request.options_json = R"({"much": ")" + std::string(1'000'000, 'x') + R"("})";
  EXPECT_THAT(outcome_of(worker->load(request, std::chrono::hours(1))),
              StartsWith("interrupted: "));
}

TEST_F(BrokenWorker, IsSeenToHaveDiedAlsoWhereItsConnectionIsStillOpen) {
  const auto worker = started("escapes");
  EXPECT_THAT(outcome_of(load(*worker)), AllOf(StartsWith("crashed: "), HasSubstr("SIGKILL")));
}

TEST_F(BrokenWorker, TakesWhatItStartedWithIt) {
  // Orphans become children of this process, so that their end can be seen.
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  auto worker = started("orphan");
  const pid_t pid = worker->pid();
  EXPECT_THAT(outcome_of(load(*worker)), AllOf(StartsWith("crashed: "), HasSubstr("SIGKILL")));
  worker.reset();
  int status = 0;
  EXPECT_GT(waitpid(-pid, &status, 0), 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace joulemark::runtime

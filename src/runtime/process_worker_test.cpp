#include "runtime/process_worker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "runtime/testing/workbench.hpp"

namespace joulemark::runtime {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kAmple;
using testing::outcome_of;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::vector<float> kTwoImages = {1, 2, -1, 2, 4, -2};
constexpr const char* kFast = R"({"step": {"ms_fixed": 0}})";

class ProcessWorker : public ::testing::Test {
 protected:
  std::unique_ptr<Worker> start() { return bench_.started(JOULEMARK_REFERENCE_WORKER); }

  /// A worker with a model that behaves as told and two images as its input.
  std::unique_ptr<Worker> start_with(const std::string& behaviour) {
    auto worker = start();
    const auto loaded = worker->load(bench_.model(behaviour), kAmple);
    EXPECT_TRUE(loaded) << outcome_of(loaded);
    const auto given = worker->set_input(kTwoImages, 2, kAmple);
    EXPECT_TRUE(given) << outcome_of(given);
    return worker;
  }

  /// Follows a run until it ends: by itself, or with an error.
  Result<std::vector<Completion>> to_the_end(Worker& worker) {
    std::vector<Completion> completions;
    while (true) {
      const auto state = worker.poll(completions);
      if (!state) return tl::unexpected(state.error());
      if (*state == RunState::finished) return completions;
      bench_.clock.sleep_until(bench_.clock.now() + 1ms);
    }
  }

  Result<std::vector<Completion>> run(Worker& worker, std::int64_t batch, std::int64_t steps) {
    if (auto started = worker.start(batch, steps, 3); !started)
      return tl::unexpected(started.error());
    return to_the_end(worker);
  }

  testing::Workbench bench_;
};

TEST_F(ProcessWorker, SaysWhatItIs) {
  const auto worker = start();
  EXPECT_EQ(worker->hello().worker, "reference");
  EXPECT_EQ(worker->hello().runtime_version, "1");
  EXPECT_THAT(worker->hello().formats, ElementsAre("reference"));
  ASSERT_THAT(worker->hello().devices, SizeIs(1));
  EXPECT_EQ(worker->hello().devices[0].name, "cpu");
  EXPECT_EQ(kill(worker->pid(), 0), 0);
}

TEST_F(ProcessWorker, ComputesALinearFunctionOfEachImage) {
  const auto worker = start_with(kFast);
  const auto logits = worker->infer(2, kAmple);
  ASSERT_TRUE(logits) << outcome_of(logits);
  ASSERT_THAT(*logits, SizeIs(4));
  EXPECT_NE((*logits)[0], (*logits)[1]);
  EXPECT_FLOAT_EQ((*logits)[2], 2 * (*logits)[0]);
  EXPECT_FLOAT_EQ((*logits)[3], 2 * (*logits)[1]);
}

TEST_F(ProcessWorker, TakesALargerInputAfterASmallerOne) {
  const auto worker = start_with(kFast);
  const auto small = worker->infer(2, kAmple);
  std::vector<float> many;
  constexpr std::int64_t kImages = 400'000;  // 4.8 MB: far beyond the memory that there was
  for (std::int64_t i = 0; i < kImages; ++i) many.insert(many.end(), {1, 2, -1});
  const auto given = worker->set_input(many, kImages, kAmple);
  ASSERT_TRUE(given) << outcome_of(given);
  const auto logits = worker->infer(2, kAmple);
  ASSERT_TRUE(logits) << outcome_of(logits);
  ASSERT_THAT(*logits, SizeIs(2 * kImages));
  EXPECT_EQ(logits->front(), small->front());
  EXPECT_EQ(logits->back(), (*small)[1]);

  ASSERT_TRUE(worker->set_input(kTwoImages, 2, kAmple));
  EXPECT_EQ(worker->infer(2, kAmple), *small);
}

TEST_F(ProcessWorker, StampsEveryStepOfARun) {
  const auto worker = start_with(R"({"step": {"ms_fixed": 1}})");
  const Instant before = bench_.clock.now();
  const auto completions = run(*worker, 1, 7);
  ASSERT_TRUE(completions) << outcome_of(completions);
  ASSERT_THAT(*completions, SizeIs(7));
  Instant previous = before;
  for (const Completion& c : *completions) {
    EXPECT_GE(c.at, previous);
    previous = c.at;
  }
  EXPECT_LE(previous, bench_.clock.now());
  // Each step of this model takes a millisecond or more.
  EXPECT_GE(previous - before, 7ms);
}

TEST_F(ProcessWorker, RunsUntilItIsStopped) {
  const auto worker = start_with(R"({"step": {"ms_fixed": 1}})");
  ASSERT_TRUE(worker->start(1, 0, 3));
  std::vector<Completion> completions;
  while (completions.size() < 5) ASSERT_EQ(worker->poll(completions), RunState::running);
  const auto stopped = worker->stop(completions, kAmple);
  ASSERT_TRUE(stopped) << outcome_of(stopped);
  EXPECT_THAT(completions, SizeIs(Ge(5)));
}

TEST_F(ProcessWorker, StartsEveryRunWithNoCompletions) {
  const auto worker = start_with(kFast);
  EXPECT_THAT(*run(*worker, 1, 5), SizeIs(5));
  EXPECT_THAT(*run(*worker, 2, 3), SizeIs(3));
}

TEST_F(ProcessWorker, MayBeStoppedAfterItHasEnded) {
  const auto worker = start_with(kFast);
  EXPECT_THAT(*run(*worker, 1, 5), SizeIs(5));
  std::vector<Completion> none;
  EXPECT_TRUE(worker->stop(none, kAmple));
  EXPECT_THAT(none, IsEmpty());
}

TEST_F(ProcessWorker, SaysWhyAModelDoesNotLoadAndLoadsAnother) {
  const auto worker = start();
  LoadRequest missing = bench_.model(kFast);
  missing.artefact = (bench_.scratch.path() / "missing.json").string();
  EXPECT_THAT(outcome_of(worker->load(missing, kAmple)),
              AllOf(StartsWith("load_failed: "), HasSubstr("missing.json")));
  EXPECT_THAT(outcome_of(worker->load(bench_.model("{"), kAmple)), StartsWith("load_failed: "));
  const auto loaded = worker->load(bench_.model(kFast), kAmple);
  ASSERT_TRUE(loaded) << outcome_of(loaded);
  EXPECT_EQ(loaded->host_memory_bytes, 1 << 20);
  EXPECT_EQ(loaded->device_memory_bytes, std::nullopt);
  EXPECT_GT(loaded->load_time, 0ns);
}

TEST_F(ProcessWorker, ForgetsTheModelWhenAnotherDoesNotLoad) {
  const auto worker = start_with(kFast);
  EXPECT_FALSE(worker->load(bench_.model("{"), kAmple));
  EXPECT_THAT(outcome_of(worker->infer(1, kAmple)),
              AllOf(StartsWith("crashed: "), HasSubstr("no model is loaded")));
}

TEST_F(ProcessWorker, HandsOptionsToTheWorker) {
  const auto worker = start();
  LoadRequest request = bench_.model(kFast);
  request.options_json = R"({"fail": {"at": "load", "kind": "load_failed"}})";
  EXPECT_THAT(outcome_of(worker->load(request, kAmple)),
              AllOf(StartsWith("load_failed: "), HasSubstr("asked to fail")));
}

TEST_F(ProcessWorker, RefusesOptionsThatItCannotSend) {
  const auto worker = start();
  LoadRequest request = bench_.model(kFast);
  for (const std::string& options : {std::string("["), std::string("[1]"), std::string("7")}) {
    request.options_json = options;
    EXPECT_THAT(outcome_of(worker->load(request, kAmple)), StartsWith("invalid_input: "));
  }
  request.options_json = fmt::format(R"({{"much": "{}"}})", std::string(1 << 20, 'x'));
  EXPECT_THAT(outcome_of(worker->load(request, kAmple)),
              AllOf(StartsWith("invalid_input: "), HasSubstr("too many")));
  request = bench_.model(kFast);
  request.artefact = "/models/caf\xe9/model.pt";  // Latin-1: a legal name of a file
  EXPECT_THAT(outcome_of(worker->load(request, kAmple)),
              AllOf(StartsWith("invalid_input: "), HasSubstr("UTF-8")));
  // The worker never saw any of these.
  EXPECT_TRUE(worker->load(bench_.model(kFast), kAmple));
}

TEST_F(ProcessWorker, IsUsableAfterItRanOutOfMemory) {
  const auto worker =
      start_with(R"({"step": {"ms_fixed": 0}, "out_of_memory": {"above_batch": 8}})");
  EXPECT_THAT(outcome_of(run(*worker, 16, 3)),
              AllOf(StartsWith("out_of_memory: "), HasSubstr("batch of 16")));
  EXPECT_THAT(*run(*worker, 8, 3), SizeIs(3));
}

TEST_F(ProcessWorker, IsUsableAfterAStepFailed) {
  const auto worker = start_with(R"({"step": {"ms_fixed": 0}, "fail": {"at": "step", "step": 2}})");
  EXPECT_THAT(outcome_of(run(*worker, 1, 5)),
              AllOf(StartsWith("crashed: "), HasSubstr("asked to fail")));
  EXPECT_THAT(*run(*worker, 1, 2), SizeIs(2));
}

TEST_F(ProcessWorker, KeepsWhatWasCompleteBeforeAStepFailed) {
  const auto worker = start_with(R"({"step": {"ms_fixed": 0}, "fail": {"at": "step", "step": 2}})");
  ASSERT_TRUE(worker->start(1, 5, 3));
  std::vector<Completion> completions;
  while (worker->poll(completions) == RunState::running) bench_.clock.sleep_until({});
  EXPECT_THAT(completions, SizeIs(2));
}

/// How a worker can end at each place, and what that is called.
struct Fault {
  const char* name;
  const char* behaviour;
  const char* outcome;
  const char* words;
};

class Faults : public ProcessWorker, public ::testing::WithParamInterface<Fault> {
 protected:
  /// The first error on the way from load to the end of a run, or "no error".
  std::string first_error(Worker& worker) {
    if (auto r = worker.load(bench_.model(GetParam().behaviour), kPatience); !r)
      return "load, " + outcome_of(r);
    if (auto r = worker.set_input(kTwoImages, 2, kAmple); !r) return "input, " + outcome_of(r);
    if (auto r = worker.infer(1, kPatience); !r) return "infer, " + outcome_of(r);
    if (auto r = worker.start(1, 0, 3); !r) return "start, " + outcome_of(r);
    std::vector<Completion> completions;
    while (completions.size() < 9) {
      if (auto r = worker.poll(completions); !r) return "run, " + outcome_of(r);
    }
    return "no error";
  }

  static constexpr Nanoseconds kPatience = 300ms;
};

TEST_P(Faults, EndTheWorkerAndAreNamed) {
  auto worker = start();
  const pid_t pid = worker->pid();
  const std::string error = first_error(*worker);
  EXPECT_THAT(error, AllOf(StartsWith(GetParam().outcome), HasSubstr(GetParam().words)));
  // The process is gone and reaped, and whatever is asked of it gets the same answer.
  EXPECT_THAT(outcome_of(worker->infer(1, kAmple)), HasSubstr(error.substr(error.find(": ") + 2)));
  worker.reset();
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_THAT(bench_.worker_folders(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Of, Faults,
    ::testing::Values(
        Fault{"CrashAtLoad", R"({"crash": {"at": "load"}})", "load, crashed: ", "SIGSEGV"},
        Fault{"CrashAtInfer", R"({"crash": {"at": "infer", "signal": "SIGABRT"}})",
              "infer, crashed: ", "SIGABRT"},
        Fault{"CrashAtAStep", R"({"crash": {"at": "step", "step": 4, "signal": "SIGKILL"}})",
              "run, crashed: ", "SIGKILL"},
        Fault{"LastWords", R"({"crash": {"at": "load"}, "chatter": true})",
              "load, crashed: ", "last words: a library talks on stdout and on stderr"},
        Fault{"ExitAtLoad", R"({"exit": {"at": "load"}})", "load, crashed: ", "exit code 7"},
        Fault{"ExitAtAStep", R"({"exit": {"at": "step", "step": 4}})",
              "run, crashed: ", "exit code 7"},
        Fault{"Garbage", R"({"garbage": true})", "load, crashed: ", "no frame"},
        Fault{"HangAtLoad", R"({"hang": {"at": "load"}})",
              "load, timed_out: ", "did not answer 'load' within 0.3 s"},
        Fault{"HangAtInfer", R"({"hang": {"at": "infer"}})",
              "infer, timed_out: ", "did not answer 'infer'"}),
    [](const auto& tested) { return tested.param.name; });

/// While a run goes on, whoever counts its steps notices a hang; the worker's deadline is stop's.
TEST_F(ProcessWorker, ThatHangsInAStepIsTimedOutWhenItIsStopped) {
  auto worker = start_with(R"({"step": {"ms_fixed": 0}, "hang": {"at": "step", "step": 4}})");
  const pid_t pid = worker->pid();
  ASSERT_TRUE(worker->start(1, 0, 3));
  std::vector<Completion> completions;
  while (completions.size() < 4) ASSERT_EQ(worker->poll(completions), RunState::running);
  EXPECT_EQ(worker->poll(completions), RunState::running);
  EXPECT_THAT(outcome_of(worker->stop(completions, 200ms)),
              AllOf(StartsWith("timed_out: "),
                    HasSubstr("did not complete a step or end its run within 0.2 s")));
  EXPECT_EQ(kill(pid, 0), -1);
}

/// Three steps are in the queue, each shorter than the patience and together longer.
TEST_F(ProcessWorker, IsNotGivenUpWhileItWorksOffItsQueue) {
  auto worker = start_with(R"({"step": {"ms_fixed": 400}})");
  ASSERT_TRUE(worker->start(1, 0, 3));
  std::vector<Completion> completions;
  while (completions.empty()) ASSERT_EQ(worker->poll(completions), RunState::running);
  EXPECT_EQ(outcome_of(worker->stop(completions, 800ms)), "no error");
  EXPECT_GE(completions.size(), 3u);
}

TEST_F(ProcessWorker, EndsAWaitWhenInterrupted) {
  std::atomic<bool> interrupted{false};
  bench_.options.interrupted = &interrupted;
  auto worker = start();
  const pid_t pid = worker->pid();
  interrupted = true;
  const auto hour = std::chrono::hours(1);
  EXPECT_THAT(outcome_of(worker->load(bench_.model(R"({"hang": {"at": "load"}})"), hour)),
              StartsWith("interrupted: "));
  worker.reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(ProcessWorker, KeepsTheStampsOfARunThatWasInterrupted) {
  std::atomic<bool> interrupted{false};
  bench_.options.interrupted = &interrupted;
  const auto worker = start_with(R"({"step": {"ms_fixed": 0}, "hang": {"at": "step", "step": 4}})");
  ASSERT_TRUE(worker->start(1, 0, 3));
  interrupted = true;
  std::vector<Completion> completions;
  while (completions.size() < 4) ASSERT_EQ(worker->poll(completions), RunState::running);
  completions.pop_back();
  EXPECT_THAT(outcome_of(worker->stop(completions, kAmple)), StartsWith("interrupted: "));
  EXPECT_THAT(completions, SizeIs(3));
}

TEST_F(ProcessWorker, HasAFolderWhileItLives) {
  auto worker = start();
  const auto folders = bench_.worker_folders();
  ASSERT_THAT(folders, SizeIs(1));
  EXPECT_TRUE(fs::exists(folders[0] / "worker.log"));
  worker.reset();
  EXPECT_THAT(bench_.worker_folders(), IsEmpty());
}

TEST_F(ProcessWorker, MayBeLaunchedBeforeItIsGreeted) {
  auto one = bench_.launched(JOULEMARK_REFERENCE_WORKER);
  auto other = bench_.launched(JOULEMARK_REFERENCE_WORKER);
  EXPECT_THAT(bench_.worker_folders(), SizeIs(2));
  const auto worker = std::move(*one).greet();
  ASSERT_TRUE(worker) << outcome_of(worker);
  EXPECT_EQ((*worker)->hello().worker, "reference");
  EXPECT_TRUE((*worker)->load(bench_.model(kFast), kAmple));
  other.reset();  // never greeted
  EXPECT_THAT(bench_.worker_folders(), SizeIs(1)) << "it ended";
}

TEST_F(ProcessWorker, LeavesNoFolderWhenItIsKilled) {
  auto worker = start();
  ASSERT_THAT(bench_.worker_folders(), SizeIs(1));
  kill(worker->pid(), SIGKILL);
  EXPECT_THAT(outcome_of(worker->load(bench_.model(kFast), kAmple)),
              AllOf(StartsWith("crashed: "), HasSubstr("SIGKILL")));
  worker.reset();
  EXPECT_THAT(bench_.worker_folders(), IsEmpty());
}

TEST_F(ProcessWorker, InheritsItsTwoDescriptorsAndNothingElse) {
  // Not close-on-exec, as a library may open its files, and not where the worker's will be.
  const int ours = fcntl(STDERR_FILENO, F_DUPFD, 40);
  ASSERT_GE(ours, 40);
  const auto worker = start();
  std::map<std::string, std::string> open_files;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", worker->pid()))) {
    open_files[entry.path().filename()] = fs::read_symlink(entry.path());
  }
  close(ours);
  ASSERT_THAT(open_files, SizeIs(5));
  EXPECT_EQ(open_files["0"], "/dev/null");
  EXPECT_THAT(open_files["1"], HasSubstr("worker.log"));
  EXPECT_THAT(open_files["2"], HasSubstr("worker.log"));
  EXPECT_THAT(open_files["3"], HasSubstr("socket"));
  EXPECT_THAT(open_files["4"], HasSubstr("memfd:joulemark"));
}

TEST_F(ProcessWorker, IsToldItsFolderAndItsThreads) {
  bench_.options.threads = 2;
  const auto worker = start();
  std::string environment = testing::read_file(fmt::format("/proc/{}/environ", worker->pid()));
  std::replace(environment.begin(), environment.end(), '\0', '\n');
  const std::string folder = bench_.worker_folders().at(0).string();
  EXPECT_THAT("\n" + environment,
              AllOf(HasSubstr("\nTMPDIR=" + folder + "\n"), HasSubstr("\nOMP_NUM_THREADS=2\n"),
                    HasSubstr("\nTORCHINDUCTOR_CACHE_DIR=" + folder)));
}

TEST_F(ProcessWorker, TalksIntoItsLog) {
  const auto worker = start_with(R"({"chatter": true})");
  EXPECT_EQ(worker->log_tail(), "a library talks on stdout and on stderr");
}

/// Programs that are no workers, and what they do instead of greeting.
TEST_F(ProcessWorker, IsNotAnyProgram) {
  EXPECT_THAT(outcome_of(bench_.start("/bin/true")),
              AllOf(StartsWith("crashed: true crashed"), HasSubstr("exit code 0")));
  EXPECT_THAT(outcome_of(bench_.start("/bin/cat")),
              AllOf(StartsWith("crashed: "), HasSubstr("exit code 1"), HasSubstr("last words: ")));
  EXPECT_THAT(outcome_of(bench_.start("/bin/sleep")), StartsWith("crashed: "));
  const fs::path silent = bench_.scratch.write("silent", "#!/bin/sh\nsleep 3600\n");
  fs::permissions(silent, fs::perms::owner_all);
  EXPECT_THAT(outcome_of(bench_.start(silent, 200ms)),
              AllOf(StartsWith("timed_out: "), HasSubstr("did not answer 'hello'")));
  const fs::path echo = bench_.scratch.write("echo", "#!/bin/sh\nexec cat <&3 >&3\n");
  fs::permissions(echo, fs::perms::owner_all);
  EXPECT_THAT(outcome_of(bench_.start(echo)),
              AllOf(StartsWith("crashed: "), HasSubstr("neither result nor error")));
  EXPECT_THAT(bench_.worker_folders(), IsEmpty());
}

TEST_F(ProcessWorker, CannotBeAFileThatIsNoProgram) {
  const fs::path text = bench_.scratch.write("notes.txt", "no program at all\n");
  EXPECT_THAT(outcome_of(bench_.start(text)),
              AllOf(StartsWith("io: "), HasSubstr("notes.txt"), HasSubstr("Permission denied")));
  fs::permissions(text, fs::perms::owner_all);
  EXPECT_THAT(outcome_of(bench_.start(text)),
              AllOf(StartsWith("io: "), HasSubstr("Exec format error")));
  EXPECT_THAT(outcome_of(bench_.start(bench_.scratch.path() / "nowhere")),
              AllOf(StartsWith("io: "), HasSubstr("No such file")));
  EXPECT_THAT(bench_.worker_folders(), IsEmpty());
}

TEST_F(ProcessWorker, NeedsAPlaceForItsFolder) {
  const fs::path file = bench_.scratch.write("tmp", "a file where a folder should be");
  EXPECT_THAT(outcome_of(bench_.start(JOULEMARK_REFERENCE_WORKER)),
              AllOf(StartsWith("io: "), HasSubstr(file.string())));
}

}  // namespace
}  // namespace joulemark::runtime

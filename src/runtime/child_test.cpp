#include "runtime/child.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/testing/workbench.hpp"

namespace joulemark::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::kAmple;
using testing::outcome_of;
using testing::read_file;
using ::testing::StartsWith;

class ChildProcess : public ::testing::Test {
 protected:
  Command shell(const std::string& script) {
    Command command;
    command.program = "/bin/sh";
    command.arguments = {"-c", script};
    command.log = log_;
    return command;
  }

  Child started(const Command& command) {
    auto child = Child::start(command);
    EXPECT_TRUE(child) << outcome_of(child);
    return std::move(*child);
  }

  testing::Scratch scratch_;
  std::filesystem::path log_ = scratch_.path() / "log";
};

TEST_F(ChildProcess, SaysHowItEnded) {
  EXPECT_EQ(started(shell("exit 0")).wait(kAmple), "exit code 0");
  EXPECT_EQ(started(shell("exit 7")).wait(kAmple), "exit code 7");
  EXPECT_EQ(started(shell("exit 127")).wait(kAmple), "exit code 127");
  EXPECT_EQ(started(shell("kill -SEGV $$")).wait(kAmple), "SIGSEGV");
  EXPECT_EQ(started(shell("kill -KILL $$")).wait(kAmple), "SIGKILL");
}

TEST_F(ChildProcess, RemembersHowItEnded) {
  Child child = started(shell("exit 7"));
  EXPECT_EQ(child.wait(kAmple), "exit code 7");
  EXPECT_EQ(child.ended(), "exit code 7");
  EXPECT_EQ(child.end(), "exit code 7");
  Child moved = std::move(child);
  EXPECT_EQ(moved.ended(), "exit code 7");
}

TEST_F(ChildProcess, RunsOnTheCpusThatItIsGivenWithAllThatItStarts) {
  const auto allowed = [&](const std::vector<int>& cpus) {
    std::filesystem::remove(log_);
    Command command = shell("sh -c 'grep Cpus_allowed_list /proc/self/status'");
    command.cpus = cpus;
    EXPECT_EQ(started(command).wait(kAmple), "exit code 0");
    return read_file(log_);
  };
  const auto mine = allowed({});
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) last = CPU_ISSET(cpu, &set) ? cpu : last;
  EXPECT_EQ(allowed({last}), "Cpus_allowed_list:\t" + std::to_string(last) + "\n");
  EXPECT_EQ(allowed({}), mine);
  Command command = shell("exit 0");
  command.cpus = {5000};
  EXPECT_FALSE(Child::start(command)) << "there is no such CPU";
}

TEST_F(ChildProcess, RunsUntilItIsEnded) {
  Child child = started(shell("sleep 3600"));
  EXPECT_EQ(child.ended(), std::nullopt);
  EXPECT_EQ(child.wait(1ms), std::nullopt);
  EXPECT_EQ(kill(child.pid(), 0), 0);
  EXPECT_EQ(child.end(), "SIGKILL");
  EXPECT_EQ(kill(child.pid(), 0), -1);
}

TEST_F(ChildProcess, IsReapedByItsOwner) {
  pid_t pid = 0;
  {
    const Child child = started(shell("sleep 3600"));
    pid = child.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(ChildProcess, WritesBothStreamsIntoItsLog) {
  EXPECT_EQ(started(shell("echo one; echo two >&2; cat")).wait(kAmple), "exit code 0");
  EXPECT_EQ(read_file(log_), "one\ntwo\n");
  EXPECT_EQ(started(shell("echo three")).wait(kAmple), "exit code 0");
  EXPECT_EQ(read_file(log_), "one\ntwo\nthree\n");
}

TEST_F(ChildProcess, HasItsEnvironmentOnTopOfOurs) {
  setenv("JOULEMARK_TEST_KEPT", "kept", 1);
  setenv("JOULEMARK_TEST_CHANGED", "ours", 1);
  Command command = shell("echo $JOULEMARK_TEST_KEPT $JOULEMARK_TEST_CHANGED $JOULEMARK_TEST_NEW");
  command.environment = {{"JOULEMARK_TEST_CHANGED", "its"}, {"JOULEMARK_TEST_NEW", "own"}};
  EXPECT_EQ(started(command).wait(kAmple), "exit code 0");
  EXPECT_EQ(read_file(log_), "kept its own\n");
  unsetenv("JOULEMARK_TEST_KEPT");
  unsetenv("JOULEMARK_TEST_CHANGED");
}

TEST_F(ChildProcess, GetsItsDescriptorsInOrder) {
  const int first = open(scratch_.write("first", "1st").c_str(), O_RDONLY | O_CLOEXEC);
  const int second = open(scratch_.write("second", "2nd").c_str(), O_RDONLY | O_CLOEXEC);
  Command command = shell("cat <&3; cat <&4");
  command.descriptors = {second, first};
  EXPECT_EQ(started(command).wait(kAmple), "exit code 0");
  EXPECT_EQ(read_file(log_), "2nd1st");
  close(first);
  close(second);
}

TEST_F(ChildProcess, IsNotReachedByCtrlC) {
  Child child = started(shell("sleep 3600"));
  EXPECT_NE(getpgid(child.pid()), getpgrp());
}

TEST_F(ChildProcess, CannotBeWhatIsNoProgram) {
  Command command = shell("");
  command.program = scratch_.path() / "nowhere";
  EXPECT_THAT(outcome_of(Child::start(command)),
              AllOf(StartsWith("io: "), HasSubstr("nowhere"), HasSubstr("No such file")));
  command.program = scratch_.write("text", "no program\n");
  EXPECT_THAT(outcome_of(Child::start(command)), HasSubstr("Permission denied"));
  std::filesystem::permissions(command.program, std::filesystem::perms::owner_all);
  EXPECT_THAT(outcome_of(Child::start(command)), HasSubstr("Exec format error"));
  command = shell("");
  command.log = scratch_.path() / "no/such/folder/log";
  EXPECT_THAT(outcome_of(Child::start(command)), AllOf(StartsWith("io: "), HasSubstr("log")));
}

TEST_F(ChildProcess, EndsWithWhatItStarted) {
  // Orphans become children of this process, so that their end can be seen.
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  Child child = started(shell("sleep 3600 & exit 5"));
  EXPECT_EQ(child.wait(kAmple), "exit code 5");
  int status = 0;
  EXPECT_GT(waitpid(-child.pid(), &status, 0), 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/// Runs `body` in a process of its own, which ends without destructors; returns what it wrote.
template <class Body>
std::string in_another_process(const Body& body) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    const std::string written = body();
    static_cast<void>(!write(ends[1], written.data(), written.size()));
    _exit(0);
  }
  close(ends[1]);
  std::string text(256, '\0');
  const ssize_t n = read(ends[0], text.data(), text.size());
  close(ends[0]);
  waitpid(pid, nullptr, 0);
  return text.substr(0, n > 0 ? static_cast<std::size_t>(n) : 0);
}

TEST_F(ChildProcess, DiesWithThisProcess) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const std::string pid = in_another_process([&] {
    // Never destroyed, as in a process that is killed.
    const auto* child = new Result<Child>(Child::start(shell("exec sleep 3600")));
    return *child ? std::to_string((*child)->pid()) : "0";
  });
  int status = 0;
  EXPECT_EQ(waitpid(std::stoi(pid), &status, 0), std::stoi(pid));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(ChildProcess, StartsAlsoWhereStandardStreamsAreClosed) {
  const std::string how = in_another_process([&] {
    for (const int fd : {0, 1, 2}) close(fd);
    Command command = shell("cat <&3; echo talks");
    command.descriptors = {open(scratch_.write("first", "it ").c_str(), O_RDONLY | O_CLOEXEC)};
    auto child = Child::start(command);
    return child ? child->wait(kAmple).value_or("runs") : "not started";
  });
  EXPECT_EQ(how, "exit code 0");
  EXPECT_EQ(read_file(log_), "it talks\n");
}

}  // namespace
}  // namespace joulemark::runtime

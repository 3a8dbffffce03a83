#include "meter/estimate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>

#include "meter/host.hpp"
#include "meter/testing/tree.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A process that computes. It is stopped whenever a test looks at it, so that its CPU time is a
/// number that both can read.
class Spinner {
 public:
  Spinner() : pid_(fork()) {
    if (pid_ == 0) {
      const pid_t parent = getppid();
      while (getppid() == parent) {
      }
      _exit(0);
    }
    compute();
  }
  ~Spinner() {
    if (pid_ > 0) end();
  }
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;
  Spinner(Spinner&&) = delete;
  Spinner& operator=(Spinner&&) = delete;

  pid_t pid() const { return pid_; }

  Nanoseconds cpu_time() const {
    clockid_t id{};
    timespec t{};
    EXPECT_EQ(clock_getcpuclockid(pid_, &id), 0);
    EXPECT_EQ(clock_gettime(id, &t), 0);
    return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
  }
  /// Lets it use at least 20 ms of CPU time, then stops it.
  void compute() const {
    const Nanoseconds until = cpu_time() + 20ms;
    kill(pid_, SIGCONT);
    while (cpu_time() < until) usleep(1000);
    kill(pid_, SIGSTOP);
    int status = 0;
    waitpid(pid_, &status, WUNTRACED);
    // It is said to be stopped a little before it is.
    for (Nanoseconds seen{0}; seen != cpu_time(); usleep(1000)) seen = cpu_time();
  }
  void end() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

class Estimate : public testing::Test {
 protected:
  std::unique_ptr<Meter> meter(double idle, double busy) {
    PowerModel model;
    model.idle_per_cpu = Watts(idle);
    model.busy_per_cpu = Watts(busy);
    return open_estimate(model, tree_.root(), clock_);
  }

  const Tree tree_;
  ManualClock clock_{Instant{1000s}};
};

TEST_F(Estimate, IdlePowerOfAllCpusTimesTimeIsThere) {
  const auto m = meter(2.0, 5.0);
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  clock_.advance(10s);
  EXPECT_DOUBLE_EQ(m->energy()->value, 2.0 * logical_cpus() * 10.0);
}

TEST_F(Estimate, CpuTimeOfTheObservedProcessIsAddedSinceItIsObserved) {
  const auto m = meter(1.0, 4.0);
  Spinner worker;
  const Nanoseconds before = worker.cpu_time();
  ASSERT_GT(before, 0ns);
  m->observe(worker.pid());
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  worker.compute();
  const Nanoseconds used = worker.cpu_time() - before;
  EXPECT_NEAR(m->energy()->value, 3.0 * seconds(used), 1e-12);
  clock_.advance(1s);
  EXPECT_NEAR(m->energy()->value, 3.0 * seconds(used) + logical_cpus(), 1e-9);
}

TEST_F(Estimate, AnotherProcessIsNotCounted) {
  const auto m = meter(0.0, 4.0);
  Spinner worker;
  Spinner other;
  m->observe(worker.pid());
  other.compute();
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
}

TEST_F(Estimate, AProcessThatEndedAddsNoMore) {
  const auto m = meter(0.0, 4.0);
  Spinner worker;
  const Nanoseconds before = worker.cpu_time();
  m->observe(worker.pid());
  worker.compute();
  const Nanoseconds used = worker.cpu_time() - before;
  ASSERT_NEAR(m->energy()->value, 4.0 * seconds(used), 1e-12);
  worker.end();
  EXPECT_NEAR(m->energy()->value, 4.0 * seconds(used), 1e-12);
  m->observe(0);
  EXPECT_NEAR(m->energy()->value, 4.0 * seconds(used), 1e-12);
}

TEST_F(Estimate, TheNextWorkerIsAddedToTheLast) {
  const auto m = meter(0.0, 4.0);
  Nanoseconds used{0};
  for (int i = 0; i < 2; ++i) {
    Spinner worker;
    const Nanoseconds before = worker.cpu_time();
    m->observe(worker.pid());
    worker.compute();
    used += worker.cpu_time() - before;
    m->observe(0);  // settles what was used until here
  }
  EXPECT_NEAR(m->energy()->value, 4.0 * seconds(used), 1e-12);
}

TEST_F(Estimate, AProcessThatNeverWasAddsNothing) {
  const auto m = meter(0.0, 4.0);
  Spinner gone;
  const pid_t pid = gone.pid();
  gone.end();
  m->observe(pid);
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
}

TEST_F(Estimate, IsAlwaysCalledOne) {
  tree_.write("proc/cpuinfo", "model name\t: Xeon\n");
  const auto m = meter(1.25, 7.5);
  EXPECT_EQ(m->info().name, "estimate");
  EXPECT_EQ(m->info().device, "Xeon");
  EXPECT_EQ(m->info().scope, Scope::cpu_estimate);
  EXPECT_TRUE(m->info().estimated);
  EXPECT_DOUBLE_EQ(m->info().systematic_rel, 0.5);
  EXPECT_THAT(m->info().systematic_reason, HasSubstr("1.25 W idle and 7.5 W busy"));
  EXPECT_FALSE(m->info().update_period);
}

TEST_F(Estimate, HasEnergyOnly) {
  const auto m = meter(1.0, 2.0);
  EXPECT_TRUE(m->info().has_energy);
  EXPECT_FALSE(m->info().has_power || m->info().has_ring);
  EXPECT_EQ(m->power().error().kind, ErrorKind::unsupported);
  EXPECT_EQ(m->ring_since(clock_.now()).error().kind, ErrorKind::unsupported);
}

TEST_F(Estimate, ConditionsAreThoseOfTheHost) {
  tree_.write("proc/stat", "cpu 0 0 0 0 0 0 0 0\n");
  const auto m = meter(1.0, 2.0);
  tree_.write("proc/stat", "cpu 1 0 0 1 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(m->conditions()->host_busy.value(), 0.5);
}

}  // namespace
}  // namespace joulemark::meter

#include "meter/rapl.hpp"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "meter/testing/tree.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kRange = 262'143'328'850;  ///< uJ, of every domain in the tree

class Rapl : public testing::Test {
 protected:
  std::unique_ptr<Meter> opened() {
    auto made = open_rapl(tree_.root(), clock_);
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : nullptr;
  }
  Error open_error() { return open_rapl(tree_.root(), clock_).error(); }
  /// The names of the domains that are added up.
  std::vector<std::string> counted() {
    std::vector<std::string> names;
    const auto domains = find_rapl_domains(tree_.root());
    for (const RaplDomain& d : *domains) names.push_back(d.name);
    return names;
  }

  const Tree tree_;
  ManualClock clock_{Instant{1000s}};
};

TEST_F(Rapl, OnePackageIsMeasuredFromTheMomentOfOpening) {
  tree_.domain("intel-rapl:0", "package-0", 5'000'000);
  tree_.write("proc/cpuinfo", "model name\t: Xeon\n");
  const auto m = opened();
  EXPECT_EQ(m->info().name, "rapl");
  EXPECT_EQ(m->info().device, "Xeon");
  EXPECT_EQ(m->info().device_id, "intel-rapl:0");
  EXPECT_EQ(m->info().scope, Scope::cpu_package);
  EXPECT_TRUE(m->info().has_energy);
  EXPECT_FALSE(m->info().has_power || m->info().has_ring || m->info().estimated);
  EXPECT_EQ(m->info().update_period, 1ms);

  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  tree_.set("intel-rapl:0", 47'000'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 42.0);
  EXPECT_DOUBLE_EQ(m->energy()->value, 42.0);
}

TEST_F(Rapl, PackagesDiesAndDramAreAddedUp) {
  tree_.domain("intel-rapl:0", "package-0-die-0", 1'000'000);
  tree_.domain("intel-rapl:1", "package-0-die-1", 2'000'000);
  tree_.domain("intel-rapl:2", "package-1", 3'000'000);
  tree_.domain("intel-rapl:2:0", "dram", 4'000'000);
  const auto m = opened();
  EXPECT_EQ(m->info().scope, Scope::cpu_package_dram);
  EXPECT_EQ(m->info().device_id, "intel-rapl:0+intel-rapl:1+intel-rapl:2+intel-rapl:2:0");
  tree_.set("intel-rapl:0", 1'000'000 + 1'000'000);
  tree_.set("intel-rapl:1", 2'000'000 + 20'000'000);
  tree_.set("intel-rapl:2", 3'000'000 + 300'000'000);
  tree_.set("intel-rapl:2:0", 4'000'000 + 400'000);
  EXPECT_NEAR(m->energy()->value, 321.4, 1e-9);
}

TEST_F(Rapl, PartsOfAPackageAndWhatContainsItAreNotCountedTwice) {
  tree_.domain("intel-rapl", "intel-rapl", 1);  // the control type itself
  tree_.domain("intel-rapl:0", "package-0", 1);
  tree_.domain("intel-rapl:0:0", "core", 1);
  tree_.domain("intel-rapl:0:1", "uncore", 1);
  tree_.domain("intel-rapl:0:2", "dram", 1);
  tree_.domain("intel-rapl:1", "psys", 1);
  tree_.domain("intel-rapl-mmio:0", "package-0", 1);
  tree_.domain("intel-rapl-mmio:0:0", "dram", 1);
  tree_.domain("dtpm:0", "package-0", 1);
  EXPECT_THAT(counted(), ElementsAre("package-0", "dram"));
}

TEST_F(Rapl, WhatContainsThePackagesAddsNothing) {
  tree_.domain("intel-rapl:0", "psys", 1'000'000);  // some kernels list it first
  tree_.domain("intel-rapl:1", "package-0", 2'000'000);
  const auto m = opened();
  EXPECT_EQ(m->info().device_id, "intel-rapl:1");
  tree_.set("intel-rapl:0", 91'000'000);
  tree_.set("intel-rapl:1", 42'000'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 40.0);
}

TEST_F(Rapl, AMachineOfAmdHasOneDomainOfThatNameAndItsCoresBelow) {
  // The kernel calls the interface intel-rapl there too; its counters wrap at 2^32 units of 15.3
  // uJ.
  constexpr std::uint64_t kAmdRange = 65'532'610'987;
  tree_.domain("intel-rapl:0", "package-0", kAmdRange - 1'000'000);
  tree_.domain("intel-rapl:0:0", "core", 500'000);
  tree_.write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "65532610987\n");
  tree_.write("proc/cpuinfo", "model name\t: AMD EPYC 9654 96-Core Processor\n");
  const auto m = opened();
  EXPECT_EQ(m->info().device, "AMD EPYC 9654 96-Core Processor");
  EXPECT_EQ(m->info().device_id, "intel-rapl:0");
  EXPECT_EQ(m->info().scope, Scope::cpu_package);
  clock_.advance(1s);
  tree_.set("intel-rapl:0", 2'000'000);
  tree_.set("intel-rapl:0:0", 90'000'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 3.0);
}

TEST_F(Rapl, ACounterThatWrapsGoesOnCounting) {
  tree_.domain("intel-rapl:0", "package-0", kRange - 3'000'000);
  tree_.domain("intel-rapl:1", "package-1", 0);
  const auto m = opened();
  tree_.set("intel-rapl:0", 2'000'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 5.0);
  tree_.set("intel-rapl:0", 2'500'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 5.5);
}

TEST_F(Rapl, AResetIsNotTakenForAWrap) {
  tree_.domain("intel-rapl:0", "package-0", 80'000'000'000);
  const auto m = opened();
  clock_.advance(1s);
  tree_.set("intel-rapl:0", 80'100'000'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 100.0);
  clock_.advance(1s);
  tree_.set("intel-rapl:0", 7'000'000);  // a wrap would be 182 kJ in one second
  const auto lost = m->energy();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::meter_lost);
  EXPECT_THAT(lost.error().what, HasSubstr("intel-rapl:0/energy_uj"));
  EXPECT_THAT(lost.error().next, HasSubstr("measure again"));

  tree_.set("intel-rapl:0", 57'000'000);
  EXPECT_DOUBLE_EQ(m->energy()->value, 150.0) << "it goes on with what it knows";
}

TEST_F(Rapl, AJumpThatNoLoadExplainsIsNotEnergy) {
  tree_.domain("intel-rapl:0", "package-0", 0);
  const auto m = opened();
  clock_.advance(100ms);
  tree_.set("intel-rapl:0", 200'000'000'000);
  EXPECT_EQ(m->energy().error().kind, ErrorKind::meter_lost);
}

TEST_F(Rapl, AWrapIsBelievedAfterATimeThatExplainsIt) {
  tree_.domain("intel-rapl:0", "package-0", 80'000'000'000);
  const auto m = opened();
  clock_.advance(10min);
  tree_.set("intel-rapl:0", 7'000'000);
  EXPECT_NEAR(m->energy()->value, 182150.32885, 1e-6);
}

TEST_F(Rapl, WithoutItsRangeACounterCannotWrap) {
  tree_.domain("intel-rapl:0", "package-0", 5'000'000);
  for (const char* range : {"", "garbage\n", "4000000\n"}) {
    tree_.write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", range);
    tree_.set("intel-rapl:0", 5'000'000);
    const auto m = opened();
    tree_.set("intel-rapl:0", 6'000'000);
    EXPECT_DOUBLE_EQ(m->energy()->value, 1.0);
    tree_.set("intel-rapl:0", 5'900'000);
    EXPECT_EQ(m->energy().error().kind, ErrorKind::meter_lost) << range;
  }
}

TEST_F(Rapl, GarbageInACounterIsNoEnergy) {
  tree_.domain("intel-rapl:0", "package-0", 1);
  for (const char* garbage :
       {"", "\n", "abc\n", "-1\n", "1.5\n", "12 34\n", "0x10\n", "18446744073709551616\n"}) {
    const auto m = opened();
    tree_.write("sys/class/powercap/intel-rapl:0/energy_uj", garbage);
    const auto read = m->energy();
    ASSERT_FALSE(read) << garbage;
    EXPECT_EQ(read.error().kind, ErrorKind::meter_lost);
    EXPECT_THAT(read.error().what, HasSubstr("intel-rapl:0/energy_uj"));
    EXPECT_EQ(open_error().kind, ErrorKind::meter_lost) << "nor does it open";
    tree_.set("intel-rapl:0", 1);
  }
}

TEST_F(Rapl, ACounterThatVanishesIsLost) {
  tree_.domain("intel-rapl:0", "package-0", 1);
  tree_.domain("intel-rapl:1", "package-1", 1);
  const auto m = opened();
  std::filesystem::remove_all(tree_ / "sys/class/powercap/intel-rapl:1");
  const auto read = m->energy();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::meter_lost);
  EXPECT_THAT(read.error().what, HasSubstr("intel-rapl:1"));
}

TEST_F(Rapl, WithoutAPackageThereIsNoMeter) {
  Error error = open_error();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_THAT(error.what, HasSubstr("no RAPL package"));
  EXPECT_THAT(error.next, HasSubstr("sudo modprobe intel_rapl_msr"));

  tree_.domain("intel-rapl:0", "dram", 1);
  tree_.domain("intel-rapl:1", "psys", 1);
  EXPECT_EQ(open_error().kind, ErrorKind::not_found);
}

TEST_F(Rapl, AVirtualMachineSaysThatItIsOne) {
  tree_.write("sys/class/dmi/id/product_name", "KVM\n");
  const Error error = open_error();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_THAT(error.next, HasSubstr("virtual machine (KVM)"));
  EXPECT_THAT(error.next, HasSubstr("measure on the host"));
}

TEST_F(Rapl, ConditionsAreThoseOfTheHost) {
  tree_.domain("intel-rapl:0", "package-0", 1);
  tree_.write("proc/stat", "cpu 0 0 0 0 0 0 0 0\n");
  const auto m = opened();
  tree_.write("proc/stat", "cpu 1 0 0 3 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(m->conditions()->host_busy.value(), 0.25);
  EXPECT_EQ(m->power().error().kind, ErrorKind::unsupported);
  EXPECT_EQ(m->ring_since(clock_.now()).error().kind, ErrorKind::unsupported);
}

/// Runs `check` as somebody who is not root, in a child where this process is root. Returns what
/// the check returned, or nothing when there is no way to be somebody else.
std::optional<bool> as_an_ordinary_user(const std::filesystem::path& folder,
                                        const std::function<bool()>& check) {
  if (geteuid() != 0) return check();
  constexpr int kCannot = 2;
  using std::filesystem::perms;
  std::filesystem::permissions(folder, perms::owner_all | perms::group_read | perms::group_exec |
                                           perms::others_read | perms::others_exec);
  const pid_t child = fork();
  if (child == 0) {
    // By way of the working folder: the way to it may be closed to others.
    constexpr uid_t kNobody = 65534;
    if (chdir(folder.c_str()) != 0 || setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 ||
        setuid(kNobody) != 0) {
      _exit(kCannot);
    }
    _exit(check() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status)) return false;
  if (WEXITSTATUS(status) == kCannot) return std::nullopt;
  return WEXITSTATUS(status) == 0;
}

TEST_F(Rapl, WhatOnlyRootMayReadSaysHowToAllowIt) {
  tree_.domain("intel-rapl:0", "package-0", 1);
  namespace fs = std::filesystem;
  fs::permissions(tree_ / "sys/class/powercap/intel-rapl:0/energy_uj",
                  geteuid() == 0 ? fs::perms::owner_read : fs::perms::none);
  const fs::path root = geteuid() == 0 ? fs::path(".") : tree_.root();
  const auto said = as_an_ordinary_user(tree_.root(), [&] {
    ManualClock clock;
    const auto made = open_rapl(root, clock);
    if (made) return false;
    const Error& error = made.error();
    return error.kind == ErrorKind::permission_denied &&
           error.what.find("may be read by root only") != std::string::npos &&
           error.next.find("sudo chmod -R a+r /sys/class/powercap/*/energy_uj") !=
               std::string::npos;
  });
  if (!said) GTEST_SKIP() << "this user namespace has nobody to be but root";
  EXPECT_TRUE(*said);
}

TEST_F(Rapl, PermissionThatIsTakenBackWhileMeasuringIsSaid) {
  const auto said = as_an_ordinary_user(tree_.root(), [] {
    const Tree own;
    own.domain("intel-rapl:0", "package-0", 1);
    ManualClock clock;
    const auto m = open_rapl(own.root(), clock);
    if (!m || !(*m)->energy()) return false;
    std::filesystem::permissions(own / "sys/class/powercap/intel-rapl:0/energy_uj",
                                 std::filesystem::perms::none);
    const auto read = (*m)->energy();
    return !read && read.error().kind == ErrorKind::permission_denied;
  });
  if (!said) GTEST_SKIP() << "this user namespace has nobody to be but root";
  EXPECT_TRUE(*said);
}

}  // namespace
}  // namespace joulemark::meter

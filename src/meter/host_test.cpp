#include "meter/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "meter/sysfs.hpp"
#include "meter/testing/tree.hpp"

namespace joulemark::meter {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Host, NamesTheProcessor) {
  const Tree tree;
  EXPECT_EQ(cpu_model(tree.root()), "CPU");
  tree.write("proc/cpuinfo",
             "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) Gold 6130 CPU\n"
             "processor\t: 1\nmodel name\t: another\n");
  EXPECT_EQ(cpu_model(tree.root()), "Intel(R) Xeon(R) Gold 6130 CPU");
  tree.write("proc/cpuinfo", "model name\t:\n");
  EXPECT_EQ(cpu_model(tree.root()), "CPU");
}

TEST(Host, ReadsTheMemory) {
  const Tree tree;
  EXPECT_FALSE(memory_bytes(tree.root()));
  tree.write("proc/meminfo", "MemTotal:       16316412 kB\nMemFree:         1000 kB\n");
  EXPECT_EQ(memory_bytes(tree.root()), 16316412LL * 1024);
  for (const char* text :
       {"", "MemFree: 1 kB\n", "MemTotal: x kB\n", "MemTotal: -5 kB\n", "MemTotal: 0 kB\n",
        "MemTotal: 9223372036854775807 kB\n", "MemTotal: 18446744073709551616 kB\n"}) {
    tree.write("proc/meminfo", text);
    EXPECT_FALSE(memory_bytes(tree.root())) << text;
  }
}

TEST(Host, FindsTheHypervisorByItsProductName) {
  const Tree tree;
  EXPECT_EQ(virtualisation(tree.root()), "");
  for (const char* product : {"KVM", "VMware Virtual Platform", "VirtualBox", "Virtual Machine",
                              "HVM domU", "Google Compute Engine", "Droplet"}) {
    tree.write("sys/class/dmi/id/product_name", std::string(product) + "\n");
    EXPECT_EQ(virtualisation(tree.root()), product);
  }
  tree.write("sys/class/dmi/id/product_name", "PowerEdge R740\n");
  EXPECT_EQ(virtualisation(tree.root()), "");
}

TEST(Host, FindsTheHypervisorByTheProcessorsFlag) {
  const Tree tree;
  tree.write("sys/class/dmi/id/product_name", "m5.large\n");
  tree.write("proc/cpuinfo", "model name\t: hypervisor\nflags\t\t: fpu vme sse4_2\n");
  EXPECT_EQ(virtualisation(tree.root()), "");
  tree.write("proc/cpuinfo", "flags\t\t: fpu vme hypervisor lahf_lm\n");
  EXPECT_EQ(virtualisation(tree.root()), "a hypervisor");
}

TEST(Host, CountsBusyTicksWithoutIdleAndWaiting) {
  const Tree tree;
  // user nice system idle iowait irq softirq steal guest guest_nice
  tree.write("proc/stat", "cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  const auto ticks = cpu_ticks(tree.root());
  ASSERT_TRUE(ticks);
  EXPECT_DOUBLE_EQ(ticks->total, 100 + 20 + 30 + 4000 + 500 + 6 + 7 + 8);
  EXPECT_DOUBLE_EQ(ticks->busy, 100 + 20 + 30 + 6 + 7 + 8);
}

TEST(Host, TicksThatAreNoneAreAbsent) {
  const Tree tree;
  EXPECT_FALSE(cpu_ticks(tree.root()));
  for (const char* text :
       {"", "cpu", "cpu 1 2 3\n", "cpu0 1 2 3 4 5 6 7 8\n", "intr 1\n", "cpu 1 2 3 4 x 6 7 8\n",
        "cpu 1 2 3 -4 5 6 7 8\n", "cpu 1 2 3 nan 5 6 7 8\n", "cpu 1e308 1e308 1 1 1 1 1 1\n"}) {
    tree.write("proc/stat", text);
    EXPECT_FALSE(cpu_ticks(tree.root())) << text;
  }
}

TEST(Host, TellsOthersFromOursAndFromWhatWasStolen) {
  const Tree tree;
  const auto ticks = [&](double user, double idle, double stolen) {
    tree.write("proc/stat", "cpu " + std::to_string(user) + " 0 0 " + std::to_string(idle) +
                                " 0 0 0 " + std::to_string(stolen) + "\n");
    return cpu_ticks(tree.root()).value();
  };
  const CpuTicks before = ticks(1000, 5000, 10);
  EXPECT_FALSE(host_use(before, before, Nanoseconds(0), 1));  // no time has passed
  // 1000 ticks of all CPUs: 500 used, 300 of them by ours, 100 stolen, 400 idle.
  const auto ours = from_seconds(300.0 / static_cast<double>(sysconf(_SC_CLK_TCK)));
  const auto use = host_use(before, ticks(1500, 5400, 110), ours, 8);
  ASSERT_TRUE(use);
  EXPECT_NEAR(use->others_cpus, 0.2 * 8, 1e-9);
  EXPECT_NEAR(use->stolen_cpus, 0.1 * 8, 1e-9);
}

TEST(Host, CountsTheTicksOfSomeCpusAlone) {
  const Tree tree;
  tree.write("proc/stat",
             "cpu  1000 0 0 1000 0 0 0 0\ncpu0 1 0 0 10 0 0 0 0\ncpu1 2 0 0 20 0 0 0 1\n"
             "cpu11 4 0 0 40 0 0 0 0\nintr 7\n");
  const auto two = cpu_ticks(tree.root(), {1, 11, 12});
  ASSERT_TRUE(two);
  EXPECT_DOUBLE_EQ(two->busy, 2 + 1 + 4);
  EXPECT_DOUBLE_EQ(two->total, 23 + 44);
  EXPECT_DOUBLE_EQ(two->stolen, 1);
  EXPECT_FALSE(cpu_ticks(tree.root(), {5}));
  EXPECT_FALSE(cpu_ticks(tree.root(), {}));
  tree.write("proc/stat", "cpu  1 0 0 1 0 0 0 0\ncpu1 2 0 0 x 0 0 0 1\n");
  EXPECT_FALSE(cpu_ticks(tree.root(), {1}));
}

TEST(Host, KnowsTheCpusThatItMayUse) {
  const auto cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
}

TEST(HostWatch, CountsFromWhenItWasMadeAndOursNotAmongTheOthers) {
  const Tree tree;
  tree.write("proc/stat", "cpu 1000 0 0 5000 0 0 0 10\n");
  const HostWatch watch(tree.root(), {getpid()});
  EXPECT_FALSE(watch.use());  // no time has passed
  tree.write("proc/stat", "cpu 201000 0 0 205000 0 0 0 10\n");
  const auto use = watch.use();
  ASSERT_TRUE(use);
  // What this process needed meanwhile is milliseconds of 4000 s.
  EXPECT_NEAR(use->others_cpus, 0.5 * logical_cpus(), 1e-3 * logical_cpus());
}

TEST(CpuList, IsReadAsTheKernelWritesIt) {
  EXPECT_THAT(parse_cpu_list("0-3,8,10-11\n"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(parse_cpu_list("5"), ElementsAre(5));
  EXPECT_THAT(parse_cpu_list("2,0-2"), ElementsAre(0, 1, 2));
  for (const char* wrong : {"", "\n", ",", "1,", ",1", "1-", "-1", "3-1", "a", "1;2", "0-99999999",
                            "1 2", "99999999999999999999"}) {
    EXPECT_THAT(parse_cpu_list(wrong), IsEmpty()) << wrong;
  }
}

TEST(CpuList, IsWrittenAsItIsRead) {
  for (const char* text : {"", "5", "0-3,8,10-11", "0,2,4", "0-127"})
    EXPECT_EQ(cpu_list_text(parse_cpu_list(text)), text);
}

TEST(HostWatch, LooksWhereItIsTold) {
  const Tree tree;
  tree.write("proc/stat",
             "cpu 5 0 0 5 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 1000000 0 0 0 0\n");
  const HostWatch watch(tree.root(), {getpid()}, {1});
  tree.write("proc/stat",
             "cpu 5 0 0 5 0 0 0 0\ncpu0 1000000 0 0 0 0 0 0 0\ncpu1 250000 0 0 1750000 0 0 0 0\n");
  const auto use = watch.use();
  ASSERT_TRUE(use);
  EXPECT_NEAR(use->others_cpus, 0.25, 1e-3);
}

TEST(HostWatch, NothingIsKnownOfAHostWithoutOneOfOurs) {
  constexpr pid_t kNobody = 4'194'305;  // above the largest that Linux gives (proc(5), pid_max)
  EXPECT_FALSE(process_cpu_time(kNobody));
  EXPECT_GT(process_cpu_time(getpid()).value(), Nanoseconds(0));
  const Tree tree;
  tree.write("proc/stat", "cpu 1 0 0 5 0 0 0 0\n");
  const HostWatch watch(tree.root(), {kNobody});
  tree.write("proc/stat", "cpu 2 0 0 9 0 0 0 0\n");
  EXPECT_FALSE(watch.use());
}

TEST(HostConditions, ShareOfTheHostThatWasBusySinceTheLastLook) {
  const Tree tree;
  tree.write("proc/stat", "cpu 100 0 0 900 0 0 0 0 0 0\n");
  HostConditions host(tree.root());
  tree.write("proc/stat", "cpu 130 0 0 970 0 0 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(host.read().host_busy.value(), 0.3);
  tree.write("proc/stat", "cpu 230 0 0 970 0 0 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(host.read().host_busy.value(), 1.0);
}

TEST(HostConditions, WithoutTwoLooksNothingIsKnown) {
  const Tree tree;
  HostConditions host(tree.root());
  EXPECT_FALSE(host.read().host_busy);
  tree.write("proc/stat", "cpu 100 0 0 900 0 0 0 0 0 0\n");
  EXPECT_FALSE(host.read().host_busy) << "there was no first look";
  EXPECT_FALSE(host.read().host_busy) << "no time has passed";
  tree.write("proc/stat", "cpu 10 0 0 90 0 0 0 0 0 0\n");
  EXPECT_FALSE(host.read().host_busy) << "the counters began again";
}

TEST(HostConditions, AShareStaysAShareWhenTheKernelTakesWaitingBack) {
  const Tree tree;
  tree.write("proc/stat", "cpu 100 0 0 900 50 0 0 0 0 0\n");
  HostConditions host(tree.root());
  tree.write("proc/stat", "cpu 120 0 0 900 40 0 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(host.read().host_busy.value(), 1.0);
  tree.write("proc/stat", "cpu 110 0 0 1000 40 0 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(host.read().host_busy.value(), 0.0);
}

TEST(HostConditions, ClockAndTemperatureWhereTheKernelShowsThem) {
  const Tree tree;
  HostConditions host(tree.root());
  Conditions c = host.read();
  EXPECT_FALSE(c.clock_mhz || c.clock_max_mhz || c.temperature_c);
  EXPECT_THAT(c.driver, StartsWith("Linux "));

  tree.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2100000\n");
  tree.write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3700000\n");
  tree.write("sys/class/thermal/thermal_zone0/type", "acpitz\n");
  tree.write("sys/class/thermal/thermal_zone0/temp", "27800\n");
  tree.write("sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n");
  tree.write("sys/class/thermal/thermal_zone1/temp", "61500\n");
  c = host.read();
  EXPECT_DOUBLE_EQ(c.clock_mhz.value(), 2100.0);
  EXPECT_DOUBLE_EQ(c.clock_max_mhz.value(), 3700.0);
  EXPECT_DOUBLE_EQ(c.temperature_c.value(), 61.5);

  tree.write("sys/class/thermal/thermal_zone1/temp", "not available\n");
  EXPECT_FALSE(host.read().temperature_c);
}

TEST(Sysfs, ReadsWhatIsThereAndNothingElse) {
  const Tree tree;
  tree.write("folder/b", "2.5 W\nsecond\n");
  tree.write("folder/a", "no line end");
  EXPECT_EQ(first_line(tree / "folder/b"), "2.5 W");
  EXPECT_EQ(first_line(tree / "folder/a"), "no line end");
  EXPECT_EQ(first_line(tree / "folder"), "");
  EXPECT_EQ(first_line(tree / "missing"), "");
  EXPECT_EQ(number_in(tree / "folder/b"), 2.5);
  EXPECT_FALSE(number_in(tree / "folder/a"));
  EXPECT_FALSE(number_in(tree / "folder"));
  EXPECT_THAT(entries(tree / "folder"), ElementsAre(tree / "folder/a", tree / "folder/b"));
  EXPECT_THAT(entries(tree / "folder/a"), IsEmpty());
  EXPECT_THAT(entries(tree / "missing"), IsEmpty());
}

}  // namespace
}  // namespace joulemark::meter

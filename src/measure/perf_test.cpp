#include "measure/perf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/testing/fake_perf.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

TEST(ParsePerf, AddsUpPackagesAndMemory) {
  EXPECT_DOUBLE_EQ(parse_perf("181.35,Joules,power/energy-pkg/,4001234567,100.00,,\n")->value,
                   181.35);
  EXPECT_DOUBLE_EQ(parse_perf("# started on Tue Nov 24 10:15:12 2026\n\n"
                              "181.5,Joules,power/energy-pkg/,4001234567,100.00,,\n"
                              "12.25,Joules,power/energy-ram/,4001234567,100.00,,\n")
                       ->value,
                   193.75);
}

TEST(ParsePerf, WhatPerfCouldNotCountIsNoEnergy) {
  for (const char* text :
       {"", "\n", "<not supported>,,power/energy-pkg/,0,100.00,,\n",
        "<not counted>,Joules,power/energy-pkg/,0,0.00,,\n", "1.5,mJ,power/energy-pkg/,1,100\n",
        "-1,Joules,power/energy-pkg/,1\n", "nan,Joules,power/energy-pkg/,1\n",
        "1,5,Joules,power/energy-pkg/,1\n", "17,Joules,cycles,1\n",
        "1.5,Joules,power/energy-pkg/,1\n<not counted>,Joules,power/energy-ram/,1\n",
        "1e308,Joules,power/energy-pkg/,1\n1e308,Joules,power/energy-ram/,1\n"}) {
    const auto joules = parse_perf(text);
    ASSERT_FALSE(joules) << text;
    EXPECT_EQ(joules.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(joules.error().what, HasSubstr("perf says: "));
    EXPECT_FALSE(joules.error().next.empty());
  }
}

TEST(ParsePerf, PassesOnWhatPerfSaysWithoutWhatATerminalWouldObey) {
  const auto joules =
      parse_perf("Error:\nAccess to performance monitoring is \x1b[31mlimited\x1b[0m.\nmore\n");
  EXPECT_EQ(joules.error().what,
            "perf says: Access to performance monitoring is ?[31mlimited?[0m.");
  EXPECT_THAT(joules.error().next, HasSubstr("perf_event_paranoid"));
}

TEST(PerfStat, SaysWhatIsMissing) {
  const FakePerf nothing;
  const auto no_event = PerfStat::start(nothing.root(), nothing.path(), false, 1s);
  ASSERT_FALSE(no_event);
  EXPECT_EQ(no_event.error().what, "the kernel has no event power/energy-pkg/");
  const FakePerf kernel_only;
  kernel_only.event("energy-pkg");
  EXPECT_EQ(PerfStat::start(kernel_only.root(), kernel_only.path(), true, 1s).error().what,
            "the kernel has no event power/energy-ram/");
  const auto no_perf = PerfStat::start(kernel_only.root(), "::/nonexistent", false, 1s);
  ASSERT_FALSE(no_perf);
  EXPECT_THAT(no_perf.error().message(),
              AllOf(HasSubstr("perf is not installed"), HasSubstr("linux-perf")));
}

TEST(PerfStat, AsksForPackagesAndMemoryOverTheGivenTime) {
  const FakePerf perf;
  perf.event("energy-pkg");
  perf.event("energy-ram");
  // Says what it was asked, as an event that no one knows.
  perf.program("echo \"$*\" >&2");
  auto started = PerfStat::start(perf.root(), "/nonexistent:" + perf.path(), true, 1500ms);
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started->length(), 1500ms);
  const auto joules = started->finish(10s);
  EXPECT_EQ(joules.error().what,
            "perf says: stat -x , -a -e power/energy-pkg/,power/energy-ram/ -- sleep 1.500");
}

TEST(PerfStat, GivesWhatPerfCounts) {
  const FakePerf perf;
  perf.event("energy-pkg");
  perf.program("echo '42.5,Joules,power/energy-pkg/,1,100.00,,' >&2");
  auto started = PerfStat::start(perf.root(), perf.path(), false, 1s);
  ASSERT_TRUE(started);
  EXPECT_DOUBLE_EQ(started->finish(10s)->value, 42.5);
  EXPECT_TRUE(started->ended());
}

}  // namespace
}  // namespace joulemark::measure

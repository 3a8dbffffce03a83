#include "measure/testing/coverage.hpp"

#include <gtest/gtest.h>

namespace joulemark::measure {
namespace {

using testing::coverage;
using testing::Coverage;
using testing::processes;
using testing::RunLength;

constexpr int kRuns = 2000;
constexpr std::uint64_t kSeed = 20261125;

double mean_coverage(const RunLength& length) {
  double sum = 0.0;
  for (const testing::Process& process : processes()) {
    sum += coverage(process, length, kRuns, kSeed).covered;
  }
  return sum / static_cast<double>(processes().size());
}

TEST(IntervalCoverage, TheStoppingRuleLeavesItNear95PercentOverAllProcesses) {
  const double covered = mean_coverage({});
  EXPECT_GT(covered, 0.93);
  EXPECT_LT(covered, 0.97);
}

TEST(IntervalCoverage, NoProcessIsFarBelow) {
  for (const testing::Process& process : processes()) {
    EXPECT_GT(coverage(process, {}, kRuns, kSeed).covered, 0.86) << process.name;
  }
}

TEST(IntervalCoverage, OfIndependentWindowsItIsCloseTo95Percent) {
  const Coverage stopped = coverage(processes().front(), {}, 10'000, kSeed);
  EXPECT_GT(stopped.covered, 0.94);
  EXPECT_LT(stopped.covered, 0.99);
  EXPECT_GT(stopped.reached, 0.8);  // the rule did end runs
}

/// Why there are ten: the same rule with five ends on luck.
TEST(IntervalCoverage, FiveWindowsWouldNotDo) { EXPECT_LT(mean_coverage({.fewest = 5}), 0.93); }

}  // namespace
}  // namespace joulemark::measure

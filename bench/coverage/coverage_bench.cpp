// How often the 95 % interval of a run contains the truth: simulated runs, the code that measures.
//
//   coverage_bench [RUNS]      runs of each process (10000)

#include <fmt/format.h>

#include <cstdlib>

#include "measure/testing/coverage.hpp"

namespace {

using namespace joulemark::measure::testing;

constexpr std::uint64_t kSeed = 20261125;

void table(const char* title, const RunLength& length, int runs) {
  fmt::print("{}:\n\n", title);
  fmt::print(
      "| windows that | like | contains the truth | windows | half width | ended at the target "
      "|\n");
  fmt::print("|---|---|---|---|---|---|\n");
  double sum = 0.0;
  for (const Process& process : processes()) {
    const Coverage c = coverage(process, length, runs, kSeed);
    sum += c.covered;
    fmt::print("| {} | {} | {:.1f} % | {:.1f} | {:.2f} % | {:.0f} % |\n", process.name,
               process.models, 100.0 * c.covered, c.windows, 100.0 * c.half_width,
               100.0 * c.reached);
  }
  fmt::print("| all | | {:.1f} % | | | |\n\n",
             100.0 * sum / static_cast<double>(processes().size()));
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 10'000;
  if (runs < 1) {
    fmt::print(stderr, "coverage_bench: RUNS is a number from 1\n");
    return 2;
  }
  table("Ended by the stopping rule (1 %, ten windows or more)", {}, runs);
  table("As long as time allows", {.target_rel = 0.0}, runs);
  table("Ended by the stopping rule with five windows or more, which is not what is done",
        {.fewest = 5}, runs);
  fmt::print("{} simulated runs of each, at most 17 windows, seed {}.\n", runs, kSeed);
  return 0;
}

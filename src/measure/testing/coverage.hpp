#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string_view>

#include "measure/decide.hpp"

/// How often the stated 95 % interval contains the truth, on simulated sequences of windows whose
/// true mean is known. Shared by a test and bench/coverage.
namespace joulemark::measure::testing {

using Random = std::mt19937_64;

/// Writes the J/image of consecutive windows of one run. Over all runs their mean is 1.
using Sequence = std::function<void(Random&, std::span<double>)>;

struct Process {
  std::string_view name;
  std::string_view models;  ///< what real runs do that is like it
  Sequence sequence;
};

/// All processes, each of about 1 % standard deviation a window.
std::span<const Process> processes();

/// What is asked of a run before it ends.
struct RunLength {
  std::size_t fewest = StoppingRule{}.fewest_windows;
  std::size_t most = 17;     ///< windows that fit into the time of a configuration
  double target_rel = 0.01;  ///< 0: never reached, every run has `most` windows
};

struct Coverage {
  double covered = 0.0;     ///< share of the runs whose interval contains the truth
  double windows = 0.0;     ///< mean number of windows of a run
  double half_width = 0.0;  ///< mean, relative
  double reached = 0.0;     ///< share of the runs that ended at the target
};

/// Simulates `runs` runs, each ended by the stopping rule of a measurement, with the interval that
/// a measurement states.
Coverage coverage(const Process& process, const RunLength& length, int runs, std::uint64_t seed);

}  // namespace joulemark::measure::testing

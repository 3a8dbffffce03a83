#include "measure/testing/coverage.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace joulemark::measure::testing {
namespace {

constexpr double kDeviation = 0.01;

double normal(Random& random) { return std::normal_distribution<double>()(random); }
double uniform(Random& random) { return std::uniform_real_distribution<double>()(random); }

void independent(Random& random, std::span<double> out) {
  for (double& x : out) x = 1.0 + kDeviation * normal(random);
}

/// Each window remembers the share `r` of the last one's deviation.
Sequence remembering(double r) {
  return [r](Random& random, std::span<double> out) {
    double deviation = normal(random);
    for (double& x : out) {
      x = 1.0 + kDeviation * deviation;
      deviation = r * deviation + std::sqrt(1.0 - r * r) * normal(random);
    }
  };
}

/// One window in twenty is 5 % dearer: the truth is the mean with them.
void outliers(Random& random, std::span<double> out) {
  constexpr double kShare = 0.05;
  constexpr double kMore = 0.05;
  for (double& x : out) {
    const double more = uniform(random) < kShare ? kMore : 0.0;
    x = 1.0 - kShare * kMore + more + 0.5 * kDeviation * normal(random);
  }
}

/// What an edge gives to one window it takes from the next, and the grid of the counter rounds it.
void shared_edges(Random& random, std::span<double> out) {
  constexpr double kGrid = 0.0005;
  double edge = normal(random);
  for (double& x : out) {
    const double next = normal(random);
    const double exact =
        1.0 + kDeviation * (next - edge) / std::numbers::sqrt2 + 0.1 * kDeviation * normal(random);
    x = kGrid * std::round(exact / kGrid);
    edge = next;
  }
}

/// A line through the run, up or down: the truth is the mean over the time that a run covers.
void drift(Random& random, std::span<double> out) {
  const double slope = kDeviation * normal(random) / static_cast<double>(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double at = static_cast<double>(i) - 0.5 * static_cast<double>(out.size() - 1);
    out[i] = 1.0 + slope * at + 0.5 * kDeviation * normal(random);
  }
}

/// A busy host: it is in one of two states, and stays for three windows on average.
void two_states(Random& random, std::span<double> out) {
  bool slow = uniform(random) < 0.5;
  for (double& x : out) {
    x = 1.0 + (slow ? kDeviation : -kDeviation) + 0.2 * kDeviation * normal(random);
    if (uniform(random) < 1.0 / 3.0) slow = !slow;
  }
}

const std::array kProcesses = {
    Process{"independent", "large batches on a GPU", independent},
    Process{"remembers 0.3", "temperature, clocks", remembering(0.3)},
    Process{"remembers 0.6", "temperature, clocks, a slow neighbour", remembering(0.6)},
    Process{"outliers", "interrupts, a page fault, a refresh of something", outliers},
    Process{"shared edges", "uncertain edges, the steps of a counter", shared_edges},
    Process{"drift", "a board that still warms up", drift},
    Process{"two states", "a host that others use as well", two_states},
};

std::vector<MeasuredWindow> as_windows(std::span<const double> joules_per_image) {
  std::vector<MeasuredWindow> windows;
  for (const double j : joules_per_image) windows.push_back({{}, {}, Joules(j), Images(1.0)});
  return windows;
}

}  // namespace

std::span<const Process> processes() { return kProcesses; }

Coverage coverage(const Process& process, const RunLength& length, int runs, std::uint64_t seed) {
  const StoppingRule rule{length.target_rel, length.fewest};
  Random random(seed);
  std::vector<double> values(length.most);
  Coverage sum;
  for (int run = 0; run < runs; ++run) {
    process.sequence(random, values);
    const auto all = as_windows(values);
    std::size_t n = length.fewest;
    while (n < length.most && !precise_enough(std::span(all).first(n), rule)) ++n;
    const auto windows = std::span(all).first(n);
    const auto interval = mean_interval(per_image(windows));
    sum.covered += std::abs(interval->mean - 1.0) <= interval->half_width ? 1.0 : 0.0;
    sum.windows += static_cast<double>(n);
    sum.half_width += interval->relative();
    sum.reached += precise_enough(windows, rule) ? 1.0 : 0.0;
  }
  const double count = runs;
  return {sum.covered / count, sum.windows / count, sum.half_width / count, sum.reached / count};
}

}  // namespace joulemark::measure::testing

// How far a measured energy per image is from one known in closed form: ten waveforms seen by four
// sensors. No time passes on a wall clock and the numbers are the same on every machine.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "measure/testing/energy_error.hpp"

namespace joulemark::measure::energy_error {
namespace {

constexpr const char* kUsage =
    R"(energy_bench [--steps MS,...] [--phases N] [--check]

Measures ten synthetic waveforms through four sensors, with the code that `joulemark measure` runs,
and compares the energy per image with the integral of the waveform. Prints Markdown.

  --steps MS,...  time of one batch, a table for each [2,20]
  --phases N      trials of each cell, with other phases between waveform, sensor and worker [64]
  --check         fail where a load that the sensor resolves is off by more than 0.5 %

Exit code: 0; 1 when a cell could not be measured, or --check failed; 2 for wrong arguments.
)";

constexpr double kGoal = 0.005;

/// "+0.31", and "0.00" without a sign.
std::string percent(double relative) {
  const double rounded = std::round(1e4 * relative) / 100.0;
  return rounded == 0.0 ? "0.00" : fmt::format("{:+.2f}", rounded);
}

struct Options {
  std::vector<double> steps_ms = {2.0, 20.0};
  int phases = 64;
  bool check = false;
};

/// A load that a sensor does not resolve, over all tables.
struct Missed {
  const Load* load;
  const Sensor* sensor;
  double sensor_error;  ///< the largest, relative
  double method_error;
};

void add_missed(const Cell& cell, std::vector<Missed>& missed) {
  const auto same = std::find_if(missed.begin(), missed.end(), [&](const Missed& m) {
    return m.load == cell.load && m.sensor == cell.sensor;
  });
  if (same == missed.end()) {
    missed.push_back(
        {cell.load, cell.sensor, cell.worst_sensor_error(), cell.worst_method_error()});
  } else {
    same->sensor_error = std::max(same->sensor_error, cell.worst_sensor_error());
    same->method_error = std::max(same->method_error, cell.worst_method_error());
  }
}

/// "+0.05 ± 0.03 (64/64)", with a mark where the sensor is at fault.
std::string text(const Cell& cell) {
  const Trial& worst = cell.worst();
  const auto trials = static_cast<double>(cell.trials.size());
  return fmt::format("{}{} ± {:.2f} ({:.0f}/{:.0f})", percent(worst.error()),
                     cell.resolved(kGoal) ? "" : " †", 100.0 * worst.ci95_rel,
                     cell.covered_share() * trials, trials);
}

void print_header(double step_ms) {
  fmt::print("\nSteps of {} ms:\n\n| waveform |", step_ms);
  for (const Sensor& s : sensors()) fmt::print(" {} |", s.name);
  fmt::print("\n|---|");
  for (std::size_t i = 0; i < sensors().size(); ++i) fmt::print("---|");
  fmt::print("\n");
}

/// Prints one table. Returns whether the goal was met wherever the sensor allows it; an error when
/// a cell could not be measured.
Result<bool> print_table(double step_ms, int phases, std::vector<Missed>& missed) {
  bool met = true;
  print_header(step_ms);
  for (const Load& load : loads()) {
    fmt::print("| {} |", load.name);
    for (const Sensor& sensor : sensors()) {
      const auto cell = measure_cell(load, sensor, from_seconds(step_ms * 1e-3), phases);
      if (!cell) return tl::unexpected(cell.error());
      fmt::print(" {} |", text(*cell));
      if (!cell->resolved(kGoal)) {
        add_missed(*cell, missed);
      } else if (std::abs(cell->worst().error()) > kGoal) {
        met = false;
      }
    }
    fmt::print("\n");
  }
  return met;
}

/// Why samples of a load do not give its energy.
std::string reason(const Load& load, const Sensor& sensor) {
  const double samples = seconds(load.period) / seconds(sensor.sampling());
  return fmt::format("{:g} sample{} per period, always at the same phases", samples,
                     samples == 1.0 ? "" : "s");
}

void print_missed(const std::vector<Missed>& missed) {
  fmt::print("\n† The sensor itself misses this load (aliasing). Largest errors, in %:\n\n");
  fmt::print("| waveform | sensor | the sensor's own | added by Joulemark | why |\n");
  fmt::print("|---|---|---|---|---|\n");
  for (const Missed& m : missed) {
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {} |\n", m.load->name, m.sensor->name,
               100.0 * m.sensor_error, 100.0 * m.method_error, reason(*m.load, *m.sensor));
  }
}

int run(const Options& options) {
  fmt::print(
      "Each cell, in %: the error of J/image that is largest among {} trials ± its stated ci95, "
      "and in how many trials the truth lay within ci95 + systematic.\n",
      options.phases);
  std::vector<Missed> missed;
  bool met = true;
  for (const double step_ms : options.steps_ms) {
    const auto table = print_table(step_ms, options.phases, missed);
    if (!table) {
      fmt::print("\n");
      fmt::print(stderr, "energy_bench: {}\n", table.error().message());
      return 1;
    }
    met = met && *table;
  }
  if (!missed.empty()) print_missed(missed);
  fmt::print("\nWithin 0.5 % wherever the sensor resolves the load: {}.\n", met ? "yes" : "no");
  return options.check && !met ? 1 : 0;
}

/// Numbers separated by commas, each in (0, most]; empty when one is not.
std::vector<double> numbers(std::string_view words, double most) {
  std::vector<double> result;
  while (true) {
    const std::size_t comma = words.find(',');
    const std::string word(words.substr(0, comma));
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    const bool sound = !word.empty() && *end == '\0' && value > 0.0 && value <= most;
    if (!sound) return {};
    result.push_back(value);
    if (comma == std::string_view::npos) return result;
    words.remove_prefix(comma + 1);
  }
}

int wrong(std::string_view argument) {
  fmt::print(stderr, "energy_bench: cannot use '{}'. See energy_bench --help\n", argument);
  return 2;
}

int parse_and_run(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--help" || argument == "-h") {
      fmt::print("{}", kUsage);
      return 0;
    }
    if (argument == "--check") {
      options.check = true;
    } else if (argument == "--steps") {
      options.steps_ms = numbers(value, 1000.0);
      if (options.steps_ms.empty()) return wrong("--steps " + std::string(value));
      ++i;
    } else if (argument == "--phases") {
      const auto phases = numbers(value, 10000.0);
      if (phases.size() != 1 || phases[0] != std::floor(phases[0]))
        return wrong("--phases " + std::string(value));
      options.phases = static_cast<int>(phases[0]);
      ++i;
    } else {
      return wrong(argument);
    }
  }
  return run(options);
}

}  // namespace
}  // namespace joulemark::measure::energy_error

int main(int argc, char** argv) {
  return joulemark::measure::energy_error::parse_and_run(argc, argv);
}

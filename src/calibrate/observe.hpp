#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "load/load.hpp"
#include "measure/observer.hpp"
#include "meter/meter.hpp"

/// The effects of a calibration: putting a device under loads and writing down what its meter says.
namespace joulemark::calibrate {

struct Settings {
  Nanoseconds polling = std::chrono::seconds(3);            ///< for the counter's updates
  Nanoseconds idle = std::chrono::seconds(3);               ///< in each idle state
  Nanoseconds settle = std::chrono::seconds(2);             ///< after a change of state
  Nanoseconds steady = std::chrono::seconds(4);             ///< under a steady load
  int response_periods = 5;                                 ///< of the slow square
  Nanoseconds alias_run = std::chrono::milliseconds(2200);  ///< at each phase
  Nanoseconds launching = std::chrono::milliseconds(200);   ///< after each square
  int quick_queries = 30;
  int rested_queries = 6;

  /// A third of the time, for a first look: intervals are wider.
  static Settings quick();
};

/// One reading of the energy counter.
struct Reading {
  Instant asked, answered;
  Joules energy;
};

/// What one query took.
struct QueryTime {
  Nanoseconds wall{0}, cpu{0};
};
struct Queries {
  std::string channel;
  bool rested = false;
  std::vector<QueryTime> times;
};

/// The meter over some time, as `measure` watches it.
struct Watch {
  std::string name;  ///< of the state, or of the square
  std::vector<measure::EnergyPoint> points;
  std::vector<meter::PowerSample>
      samples;  ///< of the ring, or of instant power where there is none
  std::vector<meter::PowerSample> instant;  ///< instant power, where asked for and where both exist
  bool stepping = false;                    ///< points lie on the counter's updates
  std::optional<load::Square> square;
  Instant began;       ///< of the square
  double phase = 0.0;  ///< of the square against the counter's updates, in periods
};

/// Everything that was seen, in the order of the steps.
struct Observations {
  std::vector<Reading> polled;
  std::vector<Queries> queries;
  std::vector<Watch> states;    ///< idle, idle with a context, steady load
  std::vector<Watch> slow;      ///< one slow square
  std::vector<Watch> locked;    ///< squares that keep step with the sensor, at several phases
  std::vector<Watch> unlocked;  ///< squares of nearly those periods
  std::vector<double> launches_per_s;  ///< of the host, a spell each; empty where it is the device
  std::string driver;
  Nanoseconds took{0};
};

struct Bench {
  Clock& clock;
  meter::Meter& meter;
  load::Load& load;
  const std::atomic<bool>& interrupted;
  std::function<void(const std::string&)>
      progress;  ///< told in words what is being done; may be empty
};

/// The squares of a calibration, as a function of the sensor's own periods.
struct Plan {
  load::Square slow{};
  struct Group {
    load::Square locked{};
    std::vector<load::Square> unlocked;
  };
  std::vector<Group> groups;
};
inline constexpr int kPhases = 4;
Plan plan(const meter::MeterInfo& info);

/// Runs the whole procedure: about 80 s with the default settings, 30 s with the quick ones.
/// Errors: those of meter and load, interrupted, and unstable when the counter's updates cannot be
/// followed.
Result<Observations> observe(const Bench& bench, const Settings& settings);

}  // namespace joulemark::calibrate

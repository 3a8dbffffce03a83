#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/units.hpp"
#include "measure/tick_tracker.hpp"
#include "meter/meter.hpp"

namespace joulemark::measure {

/// When each step of a run was completed, and so how many images had been done at any moment.
class CompletionTimeline {
 public:
  explicit CompletionTimeline(std::int64_t batch) : batch_(batch) {}

  /// Times must not decrease; an earlier one is taken as the previous time.
  void add(Instant at);
  std::size_t steps() const { return at_.size(); }
  std::span<const Instant> completions() const { return at_; }
  std::int64_t batch() const { return batch_; }
  /// Time between two completions, on average. Absent before the second.
  std::optional<Nanoseconds> mean_step() const;

  /// Images done at `t`, interpolated linearly between the completions around it: the device works
  /// steadily on the step in progress. Absent before the first and after the last completion.
  std::optional<Images> images_at(Instant t) const;

  /// Seconds between consecutive completions that lie in [from, to]; with the queue kept full this
  /// is the device's time for one batch.
  std::vector<double> step_seconds(Instant from, Instant to) const;

 private:
  std::int64_t batch_;
  std::vector<Instant> at_;
};

/// Energy at `t`, linear between the points around it. Absent outside of them.
std::optional<Joules> energy_at(std::span<const EnergyPoint> points, Instant t);

/// The integral of power over [from, to] by trapezoids through all samples, repeated values
/// included: leaving out equal neighbours turns steps into ramps. Absent when the samples do not
/// reach over the whole interval or leave a gap longer than `longest_gap`.
std::optional<Joules> integrate(std::span<const meter::PowerSample> samples, Instant from,
                                Instant to, Nanoseconds longest_gap);

/// The edges of a window and what lies between.
struct MeasuredWindow {
  Instant from;
  Instant to;
  Joules energy;
  Images images;
  JoulesPerImage per_image() const { return energy / images; }
};

/// How window edges are chosen.
enum class EdgeRule {
  energy_points,  ///< a counter with steps: edges on its updates, images interpolated
  completions,    ///< a continuous meter: edges on completions, energy interpolated
};

/// Cuts [from, the last usable edge] into windows of at least `shortest` each, back to back.
/// With EdgeRule::completions a window holds at least one whole step.
std::vector<MeasuredWindow> cut_windows(std::span<const EnergyPoint> points,
                                        const CompletionTimeline& timeline, Instant from,
                                        Nanoseconds shortest, EdgeRule rule);

}  // namespace joulemark::measure

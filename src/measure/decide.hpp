#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "measure/statistics.hpp"
#include "measure/timeline.hpp"
#include "meter/host.hpp"

/// The decisions of a measurement, each a pure function of what has been seen.
namespace joulemark::measure {

// --- Correctness gate ------------------------------------------------------------------------

/// The largest allowed relative error ||out - ref|| / ||ref|| of one image's logits.
/// fp32 leaves room for other orders of summing; tf32, fp16 and bf16 carry 11, 11 and 8 significand
/// bits through a few hundred layers.
/// Deep networks that were never trained can amplify rounding beyond that: `eager_error`, what the
/// exporter saw PyTorch eager itself be off, allows twice as much (two roundings, either way), up
/// to 0.4, where a reference tells nothing any more.
double gate_tolerance(std::string_view precision, std::optional<double> eager_error);

/// What the gate saw.
struct GateReport {
  double worst_relative_error = 0.0;
  std::int64_t top1_agree = 0;  ///< images whose largest logit is the reference's
  std::int64_t images = 0;
  std::int64_t batch = 0;  ///< size of the steps that computed them
};

/// Compares logits of shape [images, classes] with the exporter's. Errors, all wrong_output:
/// another count, not finite, constant over classes or over images, too far off, or another top-1
/// where the reference's lead is larger than the tolerance explains.
Result<GateReport> check_output(std::span<const float> output, std::span<const float> reference,
                                std::int64_t classes, double tolerance);

// --- Batch search ----------------------------------------------------------------------------

/// What a step takes, of steps of one run, by when each was completed; two at least. It is the
/// median over pairs half of them apart (Theil 1950, the incomplete method): a worker whose host
/// was held up stamps a step late, and makes up for it, so that from a late first stamp to the last
/// one, as many steps seem to take less. Bursts of 0.2 s were up to 35 ms too short so, on H100s.
Nanoseconds typical_step(std::span<const Instant> completions);

/// What a burst cost in wall time.
struct BurstTime {
  Nanoseconds preparing{0};  ///< until its steps had settled: kernel selection, compilation, pools
  Nanoseconds running{0};    ///< everything else
};

/// One timed burst of the search.
struct Burst {
  std::int64_t batch = 0;
  ImagesPerSecond throughput;
  std::optional<JoulesPerImage> energy;  ///< rough; absent where the meter is too slow for a burst
  BurstTime took = {};
};

/// Zero: no limit. Preparing counts apart: it says nothing of the device, and a runtime that picks
/// kernels for seconds at every batch size would else never get to see the large ones.
struct BatchSearchLimits {
  std::int64_t first = 1;  ///< the batch to begin with, where it is no larger than the largest
  std::int64_t largest = 256;
  Nanoseconds running{0};  ///< of all bursts together, less their preparing
  Nanoseconds altogether{0};
};

/// Walks powers of two until out of memory, the cap, the budget, or until growing has twice in a
/// row gained nothing, climbs out of a hole left out. While throughput grows in proportion to the
/// batch it walks in steps of four. It comes back for the half of the best size where that was
/// jumped over, or is below the first, and for the half of that where it is as good; below the
/// first also where that does not fit. `next` is absent when the search is over; `add` and
/// `out_of_memory` answer it.
class BatchSearch {
 public:
  explicit BatchSearch(BatchSearchLimits limits) : limits_(limits) {}
  std::optional<std::int64_t> next() const;
  /// Batches may come in any order; they are kept by size.
  void add(const Burst& burst);
  void out_of_memory(std::int64_t batch);
  std::span<const Burst> bursts() const { return bursts_; }
  /// The batch that it began with, or would have begun with had that fit.
  std::int64_t first() const { return std::min(limits_.first, limits_.largest); }
  std::optional<std::int64_t> memory_limit() const { return too_large_; }
  /// True when time ran out while throughput still grew: the best batch may be a larger one.
  bool cut_short() const;

  /// The smallest batch within 98 % of the best throughput seen. Absent when nothing ran.
  std::optional<std::int64_t> throughput_batch() const;
  /// The batch of least energy per image; the throughput batch where no burst has an energy.
  std::optional<std::int64_t> min_energy_batch() const;

 private:
  std::optional<std::int64_t> first_that_may_fit() const;
  std::optional<std::int64_t> next_larger() const;
  bool affordable(std::int64_t batch) const;
  std::optional<std::int64_t> missing_half() const;

  BatchSearchLimits limits_;
  std::vector<Burst> bursts_;
  BurstTime spent_;
  BurstTime last_took_;
  int without_gain_ = 0;
  std::optional<std::int64_t> too_large_;
};

// --- Warm-up ---------------------------------------------------------------------------------

struct WarmUpLimits {
  Nanoseconds shortest = std::chrono::seconds(1);
  Nanoseconds longest = std::chrono::seconds(30);
  /// How far back steadiness looks; stretched to hold at least eight steps.
  Nanoseconds look_back = std::chrono::seconds(1);
};

enum class WarmUp { keep_going, steady, gave_up };

/// A series is steady when the change that its fitted line makes over the series is below 1 % of
/// its mean or below twice the fit's own standard error of that change. Fewer than `fewest` values
/// are never steady.
bool is_steady(std::span<const double> t, std::span<const double> values, std::size_t fewest);

/// Decides on the last second of step times and power. Without power samples (a meter that gives
/// none at that pace) step times alone decide.
WarmUp warm_up_decision(const CompletionTimeline& timeline,
                        std::span<const meter::PowerSample> power, Instant began, Instant now,
                        const WarmUpLimits& limits);

// --- Stopping rule ---------------------------------------------------------------------------

struct StoppingRule {
  double target_rel = 0.01;
  /// With fewer, the interval is too narrow too often: the stopping rule picks the lucky moments.
  std::size_t fewest_windows = 10;
};

/// True once there are enough windows and the interval of J/image is as narrow as asked.
bool precise_enough(std::span<const MeasuredWindow> windows, const StoppingRule& rule);

/// J/image of each window.
std::vector<double> per_image(std::span<const MeasuredWindow> windows);

// --- Aliasing --------------------------------------------------------------------------------

/// A sensor that looks at the power only every `sampling_s`, and what it made of squares between a
/// sleeping and a full load that kept step with it (a calibration, or docs/meters.md), as shares of
/// the power that it gives for the run in question.
struct SampledSensor {
  double sampling_s = 0.0;
  double at_sampling = 0.0;  ///< of a square of one sampling period
  /// A longer period, of so many samples, and its square. Nothing known: at_sampling over their
  /// number, as an ideal sampler would have it; a sensor that smooths is misled less by the short
  /// square, and so the long one is worse in proportion.
  double long_samples = 1.0;
  std::optional<double> at_long = {};

  /// What it makes of a square of `samples` sampling periods, 1 or more.
  double misread(double samples) const;
};

/// The sensor of a meter, for a run that it gives the mean power `mean`. What misleads it is how
/// far the power swings, in watts: of a run between sleep and full load these are as many at any
/// mean, and the more in proportion the less the sensor gives. Absent: nothing is known to mislead
/// it.
std::optional<SampledSensor> sampled_sensor(const meter::MeterInfo& meter, Watts mean);

/// Relative systematic uncertainty of a run's energy because of such a sensor, while within each
/// step of the run the power goes up and down in a way that is not known: at most as a square
/// between sleep and full load does. Of what it makes of that there remains
///   - for the k-th harmonic of the steps, what it makes of a square of k sampling periods;
///   - in a mean over `length_s`, the less the more often that harmonic beats against the sampling:
///     half of it over the number of beats;
///   - the less, the more the steps vary: they keep a phase only for as many as a random walk takes
///     to a quarter of the harmonic's period, and such spells average as independent ones do.
/// The worst harmonic counts. To it comes what a run's two ends do, which no other step makes good:
/// one sample each that may be misread by all of the amplitude. Both are bounds, so they add up;
/// all of the amplitude is the most. `steps`: seconds of each. Unknown steps leave all of it.
double aliasing_term(const SampledSensor& sensor, std::span<const double> steps, double length_s);

// --- The host --------------------------------------------------------------------------------

/// The device waits for the host if the host has less of a step's time to spare than this.
inline constexpr double kHostBound = 0.05;

/// Of a `step`'s time, how much the host that launches it has to spare, at least: what it was seen
/// to wait for its device, `waited_share`. Where a launch itself waits, because the step has more
/// of them than the driver queues (seen on an H200, docs/method.md), that is nothing. But a smaller
/// batch takes as many launches: what the step takes beyond `shortest`, the shortest step seen at a
/// smaller batch, is to spare too. That holds for a host that is as fast as it was then: a run
/// whose pace changes by more than kUneven (`pace_spread`) was held up by one that was not, and
/// only what was waited counts.
double host_spare(double waited_share, Nanoseconds step, std::optional<Nanoseconds> shortest,
                  std::optional<double> pace_spread);

/// A device that decides about the pace keeps it: of 175 runs on H100s whose worker waited for it
/// for a fifth of the time or more, 95 % spread by less (docs/method.md).
inline constexpr double kUneven = 0.02;
/// Standard deviation of images/s between windows, over their mean. Absent for fewer than three.
std::optional<double> pace_spread(std::span<const MeasuredWindow> windows);

/// Relative systematic uncertainty of a run's energy because the time of its steps depends on how
/// fast the host hands out work, which is another at another time: twice `launch_spread_rel`, a
/// standard deviation. The host has `spare` of the time to spare; the step is longer by what
/// it is slower than that, and meanwhile the device draws `waiting` out of a mean of `power`.
/// Source: 60 runs on an H200, data/studies (J/image is linear in the time per image, with the
/// power of a waiting device as its slope, within 0.3 %).
double host_term(double launch_spread_rel, double spare, Watts waiting, Watts power);

// --- Flags -----------------------------------------------------------------------------------

struct FlagInput {
  const meter::MeterInfo* meter = nullptr;
  std::span<const meter::Conditions> conditions;  ///< in time order, all during the run
  std::span<const MeasuredWindow> windows;
  std::optional<double> estimator_gap_rel;
  bool steady = true;
  bool weights_random = false;
  bool search_cut = false;  ///< BatchSearch::cut_short of the search that chose the batch
  std::size_t fewest_windows = StoppingRule{}.fewest_windows;
  bool idle_subtracted = false;             ///< there is a net energy, which rests on an idle power
  std::size_t others_while_idle = 0;        ///< processes on the device while that was measured
  std::optional<meter::HostUse> host = {};  ///< what others did on the host meanwhile
  std::optional<double> host_spare = {};    ///< RunReport::host_spare
  bool samples_missing = false;             ///< energy was interpolated where power is all there is
  Nanoseconds wall_clock_set{0};            ///< by how much somebody set it meanwhile
};

/// The flags of docs/method.md that apply, in a fixed order.
std::vector<std::string> flags(const FlagInput& input);

/// Those of them for which --strict refuses a result: all but the ones that say what was measured
/// rather than how.
std::vector<std::string> refused_by_strict(std::span<const std::string> flags);

}  // namespace joulemark::measure

#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "measure/timeline.hpp"
#include "meter/meter.hpp"

/// Whether the channels of one meter tell the same story: every way in which it can be asked for
/// energy or power, over the same time, at whatever load there is.
namespace joulemark::measure {

/// What another program counted, and over which time of ours.
struct OtherCount {
  Instant from;
  Instant to;
  Watts power;
};

/// Everything that was read of a meter while it was watched.
struct Watched {
  meter::MeterInfo meter;
  /// The counter; where there is none, the running integral of power.
  std::vector<EnergyPoint> points;
  std::vector<meter::PowerSample> ring;
  std::vector<meter::PowerSample> instants;
  std::vector<meter::PowerSample> averages;  ///< the device's own, at the times of asking
  Nanoseconds longest_ring_gap{0};
  std::optional<OtherCount> perf;
  std::string perf_missing;  ///< why there is none; empty for meters that perf says nothing of
};

enum class Verdict { reference, agrees, differs, not_checked };
std::string_view name(Verdict verdict);

/// One way of knowing the power, beside the reference over the same time.
struct Comparison {
  std::string estimator;
  Verdict verdict = Verdict::not_checked;
  std::optional<Watts> power;
  std::optional<Watts> reference;
  std::optional<double> difference_rel;  ///< power over reference, less one
  std::string reason;                    ///< why it was not checked, or has nothing beside it
};

/// The first is the reference. Two agree when their mean powers are within 1 % of each other.
std::vector<Comparison> compare(const Watched& watched);

struct CrossCheckOptions {
  Nanoseconds length = std::chrono::seconds(4);
  std::filesystem::path root = "/";  ///< of sysfs, where the kernel lists what perf can count
  std::string path;                  ///< folders in which perf is looked for
};

/// Watches a meter for `length`. Errors: those of MeterObserver::poll, and unstable where it gave
/// no energy in that time.
Result<Watched> watch(meter::Meter& meter, Clock& clock, const CrossCheckOptions& options);

}  // namespace joulemark::measure

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "meter/meter.hpp"

namespace joulemark::measure {

/// The least and the greatest that was seen.
struct Range {
  double least = 0.0;
  double greatest = 0.0;
};

/// What was seen of a device and its host while a batch size was measured.
struct RunConditions {
  std::vector<meter::Conditions> all;  ///< in time order: start, what changed meanwhile, end
  std::size_t meanwhile = 0;           ///< how many lie between start and end
  Nanoseconds asking{0};               ///< wall time of all these queries

  std::optional<Range> range(std::optional<double> meter::Conditions::* what) const;
  std::optional<Range> power_limit() const;
  /// Of the device: mean of the first and the last that was seen of all. Absent where either is.
  std::optional<double> temperature_c() const;
  /// Each once, in the order of appearance.
  std::vector<std::string> throttle_reasons() const;
};

/// Asks a meter for the conditions of a run: for all of them at its start and its end, and for
/// those that change once a window in between.
class ConditionsWatch {
 public:
  ConditionsWatch(meter::Meter& meter, Clock& clock) : meter_(meter), clock_(clock) {}

  Result<void> start();
  /// Asks when there is a window more than at the last call that asked: what a query costs is not
  /// known of every driver, and it must not come often enough to matter.
  Result<void> look(std::size_t windows);
  Result<void> end();
  const RunConditions& seen() const { return seen_; }

 private:
  Result<void> take(Result<meter::Conditions> (meter::Meter::*ask)());

  meter::Meter& meter_;
  Clock& clock_;
  RunConditions seen_;
  std::size_t windows_ = 0;
};

}  // namespace joulemark::measure

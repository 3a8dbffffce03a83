#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "store/record.hpp"

/// What the rows of a campaign come to. Pure.
namespace joulemark::campaign {

/// How something that should stay the same has changed over a campaign.
struct Drift {
  std::vector<double> hours;  ///< since the first
  std::vector<double> values;
  std::size_t devices = 0;  ///< that they are of
  /// Of the line through them, per hour, with its 95 % half width; of several devices one slope,
  /// whatever they differ by. Absent with fewer than three more than there are devices, or when all
  /// are of one moment.
  std::optional<double> slope, slope_ci95;
};

/// How far a campaign is, from its database alone.
struct Tally {
  std::size_t rows = 0;                             ///< that the campaign will have altogether
  std::size_t done = 0;                             ///< of those, measured
  std::size_t failed = 0;                           ///< of those, failed for a reason
  std::map<std::string, std::size_t> failures;      ///< by their status
  std::size_t disturbed = 0;                        ///< of those measured, left out by analyses
  std::map<std::string, std::size_t> disturbances;  ///< by their flags, of which one may have two
  double joules = 0.0;                              ///< of all windows
  double seconds = 0.0;                             ///< of all windows
  std::string last_at;  ///< RFC 3339, of the newest row; empty when there is none
  /// Median time from one row to the next, which pauses between slots do not change; absent with
  /// fewer than three rows.
  std::optional<double> per_row_s;
  /// Energy per image of the sentinel's rows over that of the first of their kind on their device.
  Drift sentinel;
  Drift idle_w;  ///< each idle power that was measured
  std::size_t left() const { return rows - done - failed; }
};
/// `records`: those that count.
Tally tally(const Campaign& campaign, const std::vector<store::Record>& records);

}  // namespace joulemark::campaign

#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/folder.hpp"
#include "campaign/plan.hpp"
#include "campaign/session.hpp"
#include "campaign/zoo.hpp"
#include "store/store.hpp"

/// Running a campaign: what is left of it, lot by lot, until it is complete or its slot is over.
namespace joulemark::campaign {

/// How something that should stay the same has changed over a campaign.
struct Drift {
  std::vector<double> hours;  ///< since the first
  std::vector<double> values;
  /// Of the line through them, per hour, with its 95 % half width; absent with fewer than four, or
  /// when all are of one moment.
  std::optional<double> slope, slope_ci95;
};

/// How far a campaign is, from its database alone.
struct Tally {
  std::size_t rows = 0;    ///< that the campaign will have altogether
  std::size_t done = 0;    ///< of those, measured
  std::size_t failed = 0;  ///< of those, failed for a reason
  double joules = 0.0;     ///< of all windows
  double seconds = 0.0;    ///< of all windows
  std::string last_at;     ///< RFC 3339, of the newest row; empty when there is none
  /// Median time from one row to the next, which pauses between slots do not change; absent with
  /// fewer than three rows.
  std::optional<double> per_row_s;
  Drift sentinel;  ///< energy per image of the sentinel's rows over that of the first of their kind
  Drift idle_w;    ///< each idle power that was measured
  std::size_t left() const { return rows - done - failed; }
};
Tally tally(const Campaign& campaign, const std::vector<store::Record>& records);

/// How many jobs fit into a lot: no more than the plan allows, and where there is a slot, no more
/// than can be measured in what is left of it, at `per_job` seconds each. At least one, at first.
std::size_t lot_size(const Plan& plan, std::optional<double> left_s, double per_job_s);

/// The first `most` steps, and those next to the last of them that share its artefact.
std::span<const Step> lot_of(const Campaign& campaign, std::span<const Step> steps,
                             std::size_t most);

/// What a run tells its user.
struct Listener {
  std::function<void(const std::string& subject, const std::string& what)> stage;
  std::function<void(const store::Record&)> finished;
};

struct RunOptions {
  std::optional<Nanoseconds> slot;  ///< nothing is begun that cannot be expected to end in it
  Nanoseconds idle{0};              ///< of the idle power, before each lot; 0: none
  /// Once true, the job in work is measured to its end and nothing more is begun; may be null.
  const std::atomic<bool>* stop = nullptr;
};

/// Runs what is left for this folder, in its order. Each row is in the database before the next is
/// begun, so that whatever ends this process loses at most one. Artefacts are made a lot at a time,
/// while nothing is measured, and removed as soon as they have been. What is left is asked again
/// before each lot: another process may have the same shard, when a scheduler took it for dead.
/// Returns the rows of this run. Errors end it early: interrupted, those of meter, store and
/// exporter; rows that were complete are kept.
Result<std::vector<store::Record>> run(const Campaign& campaign, const Folder& folder,
                                       const Zoo& zoo, Session& session, const RunOptions& options,
                                       const Listener& listener, Clock& clock);

}  // namespace joulemark::campaign

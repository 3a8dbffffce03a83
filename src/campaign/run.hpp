#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/plan.hpp"
#include "campaign/session.hpp"
#include "campaign/zoo.hpp"
#include "store/store.hpp"

/// Running a campaign: what is left of it, lot by lot, until it is complete or its slot is over.
namespace joulemark::campaign {

/// One of several parts of a campaign that are run at the same time: every count-th job.
struct Shard {
  std::size_t number = 1;  ///< from 1 to count
  std::size_t count = 1;
  std::string name() const;  ///< "2-of-8"
  bool holds(const Step& step) const { return step.job % count == number - 1; }
};
/// "2/8". Error: invalid_input.
Result<Shard> parse_shard(const std::string& text);

/// Where a campaign lives: one folder. A shard has a database and artefacts of its own in it, so
/// that no two processes ever write to the same.
struct Folder {
  std::filesystem::path root;
  std::optional<Shard> shard = {};

  std::filesystem::path own() const { return shard ? shards() / shard->name() : root; }
  std::filesystem::path plan() const { return root / "campaign.json"; }
  std::filesystem::path database() const { return own() / "results.sqlite"; }
  std::filesystem::path artefacts() const { return own() / "artefacts"; }
  std::filesystem::path logs() const { return own() / "log"; }
  std::filesystem::path shards() const { return root / "shards"; }
  /// All databases that are there, the folder's own and its shards'.
  std::vector<std::filesystem::path> databases() const;
};

/// The rows of a campaign in these databases, each once. Errors: the stores'.
Result<std::vector<store::Record>> read_rows(const std::vector<std::filesystem::path>& databases,
                                             const std::string& campaign);

/// Errors: not_found, io, and those of campaign_from_json.
Result<Campaign> read_campaign(const Folder& folder);

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

/// What the database says, in the form that the plan asks in.
std::vector<Done> done_of(const std::vector<store::Record>& records);

/// What is left for this folder to do: of the campaign, or of its shard. Errors: the stores'.
Result<std::vector<Step>> steps_left(const Campaign& campaign, const Folder& folder);

/// How many jobs fit into a lot: no more than the plan allows, and where there is a slot, no more
/// than can be measured in what is left of it, at `per_job` seconds each. At least one, at first.
std::size_t lot_size(const Plan& plan, std::optional<double> left_s, double per_job_s);

/// What a run tells its user.
struct Listener {
  std::function<void(const std::string& subject, const std::string& what)> stage;
  std::function<void(const store::Record&)> finished;
};

struct RunOptions {
  std::optional<Nanoseconds> slot;  ///< nothing is begun that cannot be expected to end in it
  Nanoseconds idle{0};              ///< of the idle power, before each lot; 0: none
};

/// Runs `steps`, what is left, in their order. Each row is in the database before the next is
/// begun, so that whatever ends this process loses at most one. Artefacts are made a lot at a time,
/// while nothing is measured, and removed as soon as they have been. Returns the rows of this run.
/// Errors end it early: interrupted, those of meter, store and exporter; rows that were complete
/// are kept.
Result<std::vector<store::Record>> run(const Campaign& campaign, std::span<const Step> steps,
                                       const Folder& folder, const Zoo& zoo, Session& session,
                                       const RunOptions& options, const Listener& listener,
                                       Clock& clock);

}  // namespace joulemark::campaign

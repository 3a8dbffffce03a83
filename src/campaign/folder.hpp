#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/left.hpp"
#include "campaign/plan.hpp"
#include "store/store.hpp"

/// Where a campaign lives, and what its databases say.
namespace joulemark::campaign {

/// In a campaign's folder, and in that of each sitting of a shard.
inline constexpr const char* kDatabase = "results.sqlite";

/// A campaign's folder. Without a shard, one process at a time measures into its own database. A
/// shard is measured by a process in a sitting: a folder that it made, with a database that nobody
/// else ever writes to. So a shard may be run by two at once, which a scheduler cannot rule out,
/// and neither needs a lock that holds across hosts.
struct Folder {
  std::filesystem::path root;
  std::optional<Shard> shard = {};
  std::string sitting = {};            ///< name of the folder within the shard's
  std::filesystem::path scratch = {};  ///< for artefacts; empty: beside the database

  std::filesystem::path own() const { return shard ? shards() / shard->name() / sitting : root; }
  std::filesystem::path plan() const { return root / "campaign.json"; }
  std::filesystem::path database() const { return own() / kDatabase; }
  std::filesystem::path artefacts() const {
    return scratch.empty() ? own() / "artefacts" : scratch;
  }
  std::filesystem::path logs() const { return own() / "log"; }
  std::filesystem::path shards() const { return root / "shards"; }
  std::filesystem::path slurm() const { return root / "slurm"; }
  /// All databases that are there: the folder's own first, then those of all sittings.
  std::vector<std::filesystem::path> databases() const;
};

/// Makes the folder of a sitting of this shard, which nobody else has or will have. Errors: io.
Result<Folder> begin_sitting(const Folder& folder);
/// Removes the folder of a sitting that stored nothing: of no use to anybody.
void end_sitting(const Folder& folder);

/// Errors: not_found, io, and those of campaign_from_json.
Result<Campaign> read_campaign(const Folder& folder);

/// Rows in these databases, those of a campaign (rows_of) or others, each run once, by time.
/// Errors: the stores'.
Result<std::vector<store::Record>> read_rows(const std::vector<std::filesystem::path>& databases,
                                             const store::Filter& filter);

/// What a row says, in the form that the plan asks in.
Done done_of(const store::Record& record);

/// The rows of a campaign, whatever else a database holds.
store::Filter rows_of(const Campaign& campaign);

/// The rows that count, one for each place of the plan that has any (places_of); by time.
std::vector<store::Record> counting(const Campaign& campaign, std::vector<store::Record> rows);

/// Of `found`, the rows that a campaign lacks beside `here`: those that count and are not there. A
/// failure that is there stays, beside what came of it since.
std::vector<store::Record> lacking(const Campaign& campaign, const std::vector<store::Record>& here,
                                   std::vector<store::Record> found);

/// The rows that count, from all databases in the folder; by time.
/// What `collect` would make of them. Errors: the stores'.
Result<std::vector<store::Record>> rows_of(const Campaign& campaign, const Folder& folder);

/// Which of so many shards have something left, or to try again, by their numbers. Errors: the
/// stores'.
Result<std::vector<std::int64_t>> shards_left(const Campaign& campaign, const Folder& folder,
                                              std::int64_t count, const Retry& again = {});

/// What is left for this folder to do, and what is to be tried again: of the campaign, or of its
/// shard. Errors: the stores'.
Result<std::vector<Step>> steps_left(const Campaign& campaign, const Folder& folder,
                                     const Retry& again = {});

}  // namespace joulemark::campaign

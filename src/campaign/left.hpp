#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/plan.hpp"

/// What is left of a campaign, beside the rows that there are. Pure.
namespace joulemark::campaign {

/// What is left to do of one job.
struct Step {
  std::size_t job = 0;
  std::vector<measure::Policy> policies;
};

/// One of several parts of a campaign that are run at the same time: every count-th job, where jobs
/// that share an artefact count as one (units_of).
struct Shard {
  std::size_t number = 1;  ///< from 1 to count
  std::size_t count = 1;
  std::string name() const;  ///< "2-of-8"
  bool holds(std::size_t unit) const { return unit % count == number - 1; }
  friend bool operator==(const Shard&, const Shard&) = default;
};
/// "2/8". Error: invalid_input.
Result<Shard> parse_shard(const std::string& text);
/// What name() gave; absent for any other text.
std::optional<Shard> shard_of_name(const std::string& name);

/// What the database has of a campaign: one row each, failures too.
struct Done {
  std::string model;  ///< Record::model and Record::architecture
  std::string architecture;
  std::string format, precision, layout;
  std::string policy;
  std::optional<std::int64_t> batch;
  std::optional<Shard> shard = {};              ///< that measured it, where that is known
  std::optional<std::int64_t> input_size = {};  ///< pixels of each side; absent: not square
  bool cuda_graph = false;
  std::optional<std::size_t> job = {};  ///< absent in rows of before they named it
  std::string status = "ok";            ///< or how it failed
  std::string at = {};                  ///< when, RFC 3339
  /// Flags by which analyses leave it out (analysis::disturbances_among).
  std::vector<std::string> disturbed = {};
  bool ok() const { return status == "ok"; }
};

/// The row that counts of each job under each of its policies, by its index; absent where there is
/// none.
using Places = std::vector<std::vector<std::optional<std::size_t>>>;

/// Gives each place the row that counts for it. A row that names its job is for that alone. One
/// that does not is for the first place of its kind that has none, and of one that has only a
/// failure: of several jobs of the same kind, as a sentinel has, each shard has some, and what the
/// shards of this division measured is for their own first, so that none takes another's row and
/// leaves a job that nobody does. Of several rows for one place, measured by processes that did not
/// know of each other or because the first was to be measured again, the first that is ok and not
/// disturbed counts, else the newest that is ok, else the newest.
Places places_of(const Campaign& campaign, std::span<const Done> rows, std::size_t shards = 1);

/// Rows that are to be measured again; none unless it says so.
struct Retry {
  using Which = std::optional<std::set<std::string>>;  ///< absent: none of them; empty: all
  Which failed = {};                                   ///< by their status
  Which disturbed = {};                                ///< by their flags, of which one is enough
  bool asks_for(const Done& row) const;
};
/// Of each "timed_out,crashed", or "all"; empty: none. Error: invalid_input, naming the statuses or
/// flags that there are.
Result<Retry> parse_retry(const std::string& failed, const std::string& disturbed);

/// What is left of a shard: of each of its jobs the policies that have no row yet, and those that
/// are to be tried again; in the campaign's order.
std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows, const Shard& shard,
                          const Retry& again = {});
/// Of all of it.
std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows,
                          const Retry& again = {});

}  // namespace joulemark::campaign

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
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
};

/// All that is left, in the campaign's order. The rows of a model that has several jobs of the same
/// kind, as a sentinel has, count for them from the first on.
std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows);

/// What is left of a shard. Of several jobs of the same kind, each shard has some; the rows that
/// the shards of this division measured count for their own first, so that none takes another's
/// row for its own and leaves a job that nobody does.
std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows, const Shard& shard);

/// Where a campaign lacks rows beside those that there are. Of one configuration, measured by two
/// processes that did not know of each other, one row is enough.
class Vacancies {
 public:
  Vacancies(const Campaign& campaign, std::span<const Done> rows);
  /// True when such a row is lacking; from then on it is not.
  bool fill(const Done& row);

 private:
  bool sized_;
  /// Rows of a model in a variant under a policy that are planned, less those that there are.
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> lacking_;
};

}  // namespace joulemark::campaign

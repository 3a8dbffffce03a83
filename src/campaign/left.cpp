#include "campaign/left.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>
#include <tuple>
#include <utility>

#include "analysis/select.hpp"
#include "base/text.hpp"

namespace joulemark::campaign {
namespace {

/// A model, a variant and a policy: what two jobs, or a job and a row, may have in common.
using Kind = std::tuple<std::string, std::string, std::string>;

/// "throughput", or "fixed 64".
std::string policy_of(std::string_view policy, std::optional<std::int64_t> batch) {
  const bool fixed = policy == name(measure::PolicyKind::fixed);
  return fixed && batch ? fmt::format("{} {}", policy, *batch) : std::string(policy);
}
Kind kind_of(const Campaign& c, const Job& job, const measure::Policy& policy) {
  return {job.model, c.plan.variants[job.variant].name(),
          policy_of(name(policy.kind), policy.batch)};
}

/// Whether the variants of a campaign differ in the size of their images.
bool is_sized(const Campaign& c) { return c.plan.variants.front().input_size.has_value(); }

std::string variant_of(const Done& row, bool sized) {
  const auto size = sized ? row.input_size : std::nullopt;
  return Variant{row.format, row.precision, row.layout, {}, size, row.cuda_graph}.name();
}

/// A job under one of its policies.
struct Place {
  std::size_t job = 0;
  std::size_t policy = 0;
};

/// The places and rows of one kind.
struct Group {
  std::vector<Place> places;      ///< in the campaign's order
  std::vector<std::size_t> rows;  ///< the best first
};

std::map<Kind, Group> group_places(const Campaign& c) {
  std::map<Kind, Group> groups;
  for (std::size_t job = 0; job < c.jobs.size(); ++job) {
    const auto policies = policies_of(c.plan, c.jobs[job]);
    for (std::size_t p = 0; p < policies.size(); ++p)
      groups[kind_of(c, c.jobs[job], policies[p])].places.push_back({job, p});
  }
  return groups;
}

/// What a row is worth: a number that analyses take, one that they leave out, none.
enum class Worth { failed, disturbed, sound };
Worth worth(const Done& row) {
  if (!row.ok()) return Worth::failed;
  return row.disturbed.empty() ? Worth::sound : Worth::disturbed;
}

/// Those that are sound come first, as they stand; then the disturbed and failures, of each the
/// newest first.
void rank(std::vector<std::size_t>& indices, std::span<const Done> rows) {
  std::stable_sort(indices.begin(), indices.end(), [&](std::size_t a, std::size_t b) {
    if (worth(rows[a]) != worth(rows[b])) return worth(rows[a]) > worth(rows[b]);
    if (worth(rows[a]) == Worth::sound) return false;
    return std::tie(rows[a].at, a) > std::tie(rows[b].at, b);
  });
}

/// The places of a campaign with the rows that could be for them. What is of no place of the plan
/// is left out.
std::vector<Group> groups_of(const Campaign& c, std::span<const Done> rows) {
  std::map<Kind, Group> groups = group_places(c);
  const bool sized = is_sized(c);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string policy = policy_of(rows[i].policy, rows[i].batch);
    // A plan names a model in one way, with its tag or without.
    for (const std::string& model : std::set{rows[i].model, rows[i].architecture}) {
      const auto found = groups.find({model, variant_of(rows[i], sized), policy});
      if (found != groups.end()) found->second.rows.push_back(i);
    }
  }
  std::vector<Group> result;
  for (auto& [kind, group] : groups) {
    rank(group.rows, rows);
    result.push_back(std::move(group));
  }
  return result;
}

/// Gives the rows of a group to its places, round after round to those that still have none.
class Seating {
 public:
  Seating(Group group, std::span<const Done> rows, Places& places)
      : group_(std::move(group)), rows_(rows), places_(places) {}

  /// `fits(place, row)`.
  template <class Fits>
  void fill(const Fits& fits) {
    for (const Place& place : group_.places) {
      if (!row_of(place)) take(place, fits);
    }
  }
  /// A row that is worth more takes the place of one that failed or was disturbed.
  template <class Fits>
  void improve(const Fits& fits) {
    for (const Place& place : group_.places) {
      if (!row_of(place)) continue;
      const Worth there = worth(rows_[*row_of(place)]);
      take(place,
           [&](const Place& p, const Done& row) { return worth(row) > there && fits(p, row); });
    }
  }
  /// Takes rows out of the further rounds.
  template <class Is>
  void dismiss(const Is& is) {
    std::erase_if(group_.rows, [&](std::size_t i) { return is(rows_[i]); });
  }

 private:
  std::optional<std::size_t>& row_of(const Place& place) {
    return places_[place.job][place.policy];
  }

  template <class Fits>
  void take(const Place& place, const Fits& fits) {
    const auto found = std::find_if(group_.rows.begin(), group_.rows.end(),
                                    [&](std::size_t i) { return fits(place, rows_[i]); });
    if (found == group_.rows.end()) return;
    row_of(place) = *found;
    group_.rows.erase(found);
  }

  Group group_;
  std::span<const Done> rows_;
  Places& places_;
};

/// Two numbers with `between` between them, and nothing else.
std::optional<Shard> read_shard(const std::string& text, std::string_view between) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.number);
  if (first.ec != std::errc()) return std::nullopt;
  if (!std::string_view(first.ptr, static_cast<std::size_t>(end - first.ptr)).starts_with(between))
    return std::nullopt;
  const auto second = std::from_chars(first.ptr + between.size(), end, shard.count);
  const bool sound = second.ec == std::errc() && second.ptr == end && shard.number >= 1 &&
                     shard.number <= shard.count;
  return sound ? std::optional(shard) : std::nullopt;
}

/// For the message on a word that is not known.
struct Words {
  const char* what_it_is;
  const char* what_there_is;
};
Result<Retry::Which> parse_which(const std::string& text, const std::vector<std::string>& known,
                                 const Words& words) {
  if (text.empty()) return Retry::Which{};
  std::set<std::string> named;
  if (text == "all") return Retry::Which{named};
  std::istringstream list(text + ',');  // so that nothing after a comma is something wrong
  for (std::string one; std::getline(list, one, ',');) {
    if (std::ranges::find(known, one) == known.end()) {
      const auto near = nearest(one, known, 1);
      return fail(ErrorKind::invalid_input,
                  fmt::format("'{}' is no {}{}", one, words.what_it_is,
                              near.empty() ? "" : fmt::format("; '{}'?", near[0])),
                  fmt::format("{} {}", words.what_there_is, join_words(known)));
    }
    named.insert(one);
  }
  return Retry::Which{std::move(named)};
}

}  // namespace

std::string Shard::name() const { return fmt::format("{}-of-{}", number, count); }

Result<Shard> parse_shard(const std::string& text) {
  if (const auto shard = read_shard(text, "/")) return *shard;
  return fail(ErrorKind::invalid_input, fmt::format("'{}' is no shard", text),
              "Name one as 2/8: the second of eight");
}

std::optional<Shard> shard_of_name(const std::string& name) { return read_shard(name, "-of-"); }

Places places_of(const Campaign& campaign, std::span<const Done> rows, std::size_t shards) {
  Places places(campaign.jobs.size());
  for (std::size_t job = 0; job < campaign.jobs.size(); ++job)
    places[job].resize(policies_of(campaign.plan, campaign.jobs[job]).size());
  const std::vector<std::size_t> units = units_of(campaign);
  const auto names_it = [](const Place& p, const Done& row) { return row.job == p.job; };
  const auto at_home = [&](const Done& row) { return row.shard && row.shard->count == shards; };
  const auto of_its_shard = [&](const Place& p, const Done& row) {
    return at_home(row) && row.shard->holds(units[p.job]);
  };
  const auto of_no_shard = [&](const Place&, const Done& row) { return !at_home(row); };
  for (Group& group : groups_of(campaign, rows)) {
    Seating seating(std::move(group), rows, places);
    seating.fill(names_it);
    seating.dismiss([](const Done& row) { return row.job.has_value(); });
    seating.fill(of_its_shard);
    seating.fill(of_no_shard);
    seating.improve(of_its_shard);
    seating.improve(of_no_shard);
  }
  return places;
}

bool Retry::asks_for(const Done& row) const {
  if (!row.ok()) return failed && (failed->empty() || failed->contains(row.status));
  return disturbed && std::ranges::any_of(row.disturbed, [&](const std::string& flag) {
           return disturbed->empty() || disturbed->contains(flag);
         });
}

Result<Retry> parse_retry(const std::string& failed, const std::string& disturbed) {
  auto statuses =
      parse_which(failed, configuration_failures(),
                  {.what_it_is = "failure of a row", .what_there_is = "A row fails as"});
  if (!statuses) return tl::unexpected(statuses.error());
  auto flags = parse_which(
      disturbed, analysis::disturbances(),
      {.what_it_is = "flag of a disturbed row", .what_there_is = "A row is disturbed by"});
  if (!flags) return tl::unexpected(flags.error());
  return Retry{std::move(*statuses), std::move(*flags)};
}

std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows, const Shard& shard,
                          const Retry& again) {
  const Places places = places_of(campaign, rows, shard.count);
  const std::vector<std::size_t> units = units_of(campaign);
  std::vector<Step> left;
  for (std::size_t job = 0; job < campaign.jobs.size(); ++job) {
    if (!shard.holds(units[job])) continue;
    const auto policies = policies_of(campaign.plan, campaign.jobs[job]);
    Step step{job, {}};
    for (std::size_t p = 0; p < policies.size(); ++p) {
      const auto row = places[job][p];
      if (!row || again.asks_for(rows[*row])) step.policies.push_back(policies[p]);
    }
    if (!step.policies.empty()) left.push_back(std::move(step));
  }
  return left;
}

std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows,
                          const Retry& again) {
  return left_of(campaign, rows, Shard{1, 1}, again);
}

}  // namespace joulemark::campaign

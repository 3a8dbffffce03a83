#include "campaign/left.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

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

/// The rows of one kind: those that the shards of a division measured, and all others.
struct Supply {
  std::map<std::size_t, std::int64_t> of_shard;  ///< by its number
  std::int64_t loose = 0;
};

/// Rows by kind, under the name of their model with its tag and without: a plan uses one.
std::map<Kind, Supply> supplies(std::span<const Done> rows, std::size_t shards, bool sized) {
  std::map<Kind, Supply> all;
  for (const Done& row : rows) {
    const std::string variant = variant_of(row, sized);
    const std::string policy = policy_of(row.policy, row.batch);
    for (const std::string& model : std::set{row.model, row.architecture}) {
      Supply& supply = all[{model, variant, policy}];
      const bool home = row.shard && row.shard->count == shards;
      ++(home ? supply.of_shard[row.shard->number] : supply.loose);
    }
  }
  return all;
}

bool take(std::int64_t& from) {
  if (from < 1) return false;
  --from;
  return true;
}

/// For every job and policy whether a row is there, of a campaign that is divided into `shards`.
std::vector<std::vector<bool>> covered(const Campaign& c, std::span<const Done> rows,
                                       std::size_t shards) {
  std::map<Kind, Supply> supply = supplies(rows, shards, is_sized(c));
  const std::vector<std::size_t> units = units_of(c);
  std::vector<std::vector<bool>> there(c.jobs.size());
  // Each job takes what its own shard measured; what is of no shard goes to those that got none.
  for (const bool own : {true, false}) {
    for (std::size_t job = 0; job < c.jobs.size(); ++job) {
      const auto policies = policies_of(c.plan, c.jobs[job]);
      there[job].resize(policies.size(), false);
      for (std::size_t p = 0; p < policies.size(); ++p) {
        if (there[job][p]) continue;
        Supply& s = supply[kind_of(c, c.jobs[job], policies[p])];
        there[job][p] = take(own ? s.of_shard[units[job] % shards + 1] : s.loose);
      }
    }
  }
  return there;
}

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

}  // namespace

std::string Shard::name() const { return fmt::format("{}-of-{}", number, count); }

Result<Shard> parse_shard(const std::string& text) {
  if (const auto shard = read_shard(text, "/")) return *shard;
  return fail(ErrorKind::invalid_input, fmt::format("'{}' is no shard", text),
              "Name one as 2/8: the second of eight");
}

std::optional<Shard> shard_of_name(const std::string& name) { return read_shard(name, "-of-"); }

std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows,
                          const Shard& shard) {
  const auto there = covered(campaign, rows, shard.count);
  const std::vector<std::size_t> units = units_of(campaign);
  std::vector<Step> left;
  for (std::size_t job = 0; job < campaign.jobs.size(); ++job) {
    if (!shard.holds(units[job])) continue;
    const auto policies = policies_of(campaign.plan, campaign.jobs[job]);
    Step step{job, {}};
    for (std::size_t p = 0; p < policies.size(); ++p) {
      if (!there[job][p]) step.policies.push_back(policies[p]);
    }
    if (!step.policies.empty()) left.push_back(std::move(step));
  }
  return left;
}

std::vector<Step> left_of(const Campaign& campaign, std::span<const Done> rows) {
  return left_of(campaign, rows, Shard{1, 1});
}

Vacancies::Vacancies(const Campaign& campaign, std::span<const Done> rows)
    : sized_(is_sized(campaign)) {
  for (const Job& job : campaign.jobs) {
    for (const measure::Policy& policy : policies_of(campaign.plan, job))
      ++lacking_[kind_of(campaign, job, policy)];
  }
  for (const Done& row : rows) fill(row);
}

bool Vacancies::fill(const Done& row) {
  const std::string variant = variant_of(row, sized_);
  // A plan names a model in one way, with its tag or without.
  for (const std::string& model : {row.model, row.architecture}) {
    const auto found = lacking_.find({model, variant, policy_of(row.policy, row.batch)});
    if (found != lacking_.end()) return take(found->second);
  }
  return false;
}

}  // namespace joulemark::campaign

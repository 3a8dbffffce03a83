#include "campaign/order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <utility>

namespace joulemark::campaign {
namespace {

/// Fisher and Yates' shuffle. std::shuffle may order otherwise with another standard library; the
/// engine may not.
template <class T>
void shuffle(std::vector<T>& items, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random() % left]);
  }
}

const std::vector<std::string>& policy_texts(const Plan& plan, const Variant& variant) {
  return variant.policies.empty() ? plan.policies : variant.policies;
}

/// A sentinel is a unit of its own, whatever stands beside it.
bool belong_together(const Campaign& c, const Job& a, const Job& b) {
  if (a.sentinel || b.sentinel || a.model != b.model) return false;
  const auto first = [&](const Job& job) { return first_of_artefact(c.plan, job.variant); };
  return c.plan.models_together || first(a) == first(b);
}

/// The variants by the artefact that they share, each under the first of them.
std::map<std::size_t, std::vector<std::size_t>> variants_by_artefact(const Plan& plan) {
  std::map<std::size_t, std::vector<std::size_t>> shared;
  for (std::size_t v = 0; v < plan.variants.size(); ++v)
    shared[first_of_artefact(plan, v)].push_back(v);
  return shared;
}

std::vector<Job> shuffled_jobs(const Plan& plan, std::vector<std::string> models) {
  const auto shared = variants_by_artefact(plan);
  const auto seed = static_cast<std::uint64_t>(plan.order_seed);
  if (plan.models_together) shuffle(models, seed);
  std::vector<std::pair<std::string, std::size_t>> artefacts;
  for (const std::string& model : models) {
    for (const auto& [first, variants] : shared) artefacts.emplace_back(model, first);
  }
  if (!plan.models_together) shuffle(artefacts, seed);
  std::vector<Job> jobs;
  for (const auto& [model, first] : artefacts) {
    for (const std::size_t v : shared.at(first)) jobs.push_back({model, v, false});
  }
  return jobs;
}

}  // namespace

std::vector<Job> ordered_jobs(const Plan& plan, const std::vector<std::string>& models) {
  std::vector<Job> jobs = shuffled_jobs(plan, models);
  if (!plan.sentinel) return jobs;
  std::vector<Job> with;
  const auto every = static_cast<std::size_t>(plan.sentinel->every);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i % every == 0) with.push_back({plan.sentinel->model, 0, true});
    with.push_back(jobs[i]);
  }
  with.push_back({plan.sentinel->model, 0, true});
  return with;
}

std::string Variant::artefact() const {
  const std::string size = input_size ? fmt::format("-{}px", *input_size) : "";
  return fmt::format("{}-{}-{}{}", format, precision, layout, size);
}

std::string Variant::name() const { return artefact() + (cuda_graph ? "-cuda_graph" : ""); }

std::size_t first_of_artefact(const Plan& plan, std::size_t variant) {
  const auto same = std::ranges::find(plan.variants, plan.variants[variant].artefact(),
                                      [](const Variant& v) { return v.artefact(); });
  return static_cast<std::size_t>(same - plan.variants.begin());
}

double longest_job_s(const Plan& plan, const Variant& variant) {
  constexpr double kLoadAndGate = 5.0;
  return static_cast<double>(policy_texts(plan, variant).size()) * plan.max_seconds + kLoadAndGate;
}

double longest_job_s(const Plan& plan) {
  double longest = 0.0;
  for (const Variant& v : plan.variants) longest = std::max(longest, longest_job_s(plan, v));
  return longest;
}

std::vector<measure::Policy> policies_of(const Plan& plan, const Job& job) {
  std::vector<measure::Policy> policies;
  for (const std::string& text : policy_texts(plan, plan.variants[job.variant])) {
    if (const auto policy = measure::parse_policy(text)) policies.push_back(*policy);
  }
  return policies;
}

std::size_t row_count(const Campaign& campaign) {
  std::size_t rows = 0;
  for (const Job& job : campaign.jobs)
    rows += policy_texts(campaign.plan, campaign.plan.variants[job.variant]).size();
  return rows;
}

std::vector<std::size_t> units_of(const Campaign& campaign) {
  std::vector<std::size_t> units;
  for (std::size_t i = 0; i < campaign.jobs.size(); ++i) {
    const bool shares = i > 0 && belong_together(campaign, campaign.jobs[i - 1], campaign.jobs[i]);
    units.push_back(i == 0 ? 0 : units.back() + (shares ? 0 : 1));
  }
  return units;
}

}  // namespace joulemark::campaign

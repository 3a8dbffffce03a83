#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalogue/select.hpp"
#include "measure/model.hpp"

/// What a campaign is to measure, and in which order. Pure: files are the caller's.
namespace joulemark::campaign {

/// One way of making artefacts of the models, and of measuring them.
struct Variant {
  std::string format = "torchscript";
  std::string precision = "fp32";
  std::string layout = "contiguous";
  std::string batches;  ///< of formats that are compiled for certain sizes: "1,256"; else empty
  /// Pixels of each side; absent: each model's own. A plan names it in all variants or in none, so
  /// that a row tells its variant.
  std::optional<std::int64_t> input_size = {};
  bool cuda_graph = false;                 ///< steps are launched as a captured CUDA graph
  std::vector<std::string> policies = {};  ///< as the plan's; empty: the plan's
  /// What it exports: "aoti-fp16-channels_last", "torchscript-fp16-contiguous-160px".
  std::string artefact() const;
  std::string name() const;  ///< artefact(), and "-cuda_graph"
};

/// A configuration that is measured again and again, so that a drift of the machine shows.
struct Sentinel {
  std::string model;        ///< measured in the first variant, under its policies
  std::int64_t every = 20;  ///< jobs
};

/// What the user wrote: docs/campaigns.md.
struct Plan {
  std::string name;
  std::vector<std::string> models;          ///< names, or globs of names
  std::vector<catalogue::Query> catalogue;  ///< and what each of these finds
  std::vector<Variant> variants;
  std::vector<std::string> policies;  ///< as `measure --batch`, of variants that name none
  std::string runtime = "torch";
  std::string device = "auto";
  std::string weights = "auto";  ///< auto | pretrained | live | default
  std::int64_t weights_seed = 1;
  double target_rel = 0.01;
  double max_seconds = 10.0;
  std::int64_t max_batch = 256;
  std::int64_t order_seed = 1;
  /// All variants of a model follow each other, so that they are measured on one device.
  bool models_together = false;
  std::optional<Sentinel> sentinel;
  std::int64_t export_jobs = 2;     ///< models that are exported at once
  std::int64_t lot = 16;            ///< artefacts that lie on disk at once, at most
  double export_timeout_s = 600.0;  ///< per model
};

/// What a job takes at most: all of the time for each policy, and load and gate (an estimate).
double longest_job_s(const Plan& plan, const Variant& variant);
/// Of any variant.
double longest_job_s(const Plan& plan);

/// Reads a plan: JSON, in which // comments are allowed. Errors: invalid_input, naming the field
/// and what it may be; a field that is not known is one, with the nearest that is.
Result<Plan> parse_plan(std::string_view text);

/// One model in one variant, under all policies of that.
struct Job {
  std::string model;
  std::size_t variant = 0;
  bool sentinel = false;
  friend bool operator==(const Job&, const Job&) = default;
};

/// A plan with its models named and its order fixed: what is run, and resumed.
struct Campaign {
  Plan plan;
  std::vector<Job> jobs;
  std::string id;  ///< "NAME-" and twelve digits of the SHA-256 of everything above
};

/// Every model in every variant, shuffled by the plan's seed the same way on every machine, with
/// the sentinel at the beginning, after each `every` jobs, and at the end. Variants that share an
/// artefact follow each other, so that it is there for both; where the plan says so, all of a model
/// do. `models`: what the plan's globs stand
/// for. Errors: invalid_input for none, and for one that is there with and
/// without its tag, whose rows could not be told apart.
Result<Campaign> freeze(Plan plan, std::vector<std::string> models);

/// The architectures that the plan's queries find, by name, each once. Error: invalid_input for a
/// query that finds none.
Result<std::vector<std::string>> queried_models(const Plan& plan,
                                                const catalogue::Catalogue& catalogue);

std::string to_json(const Campaign& campaign);
/// Errors: invalid_input, also when the id is not that of the content: somebody edited it.
Result<Campaign> campaign_from_json(const std::string& text);

/// The first of the variants that have the artefact of this one, itself or another: one is made for
/// all of them.
std::size_t first_of_artefact(const Plan& plan, std::size_t variant);

/// The policies that a job is measured under. The plan was read, so that they are sound.
std::vector<measure::Policy> policies_of(const Plan& plan, const Job& job);
/// The rows of a complete campaign.
std::size_t row_count(const Campaign& campaign);

/// A number for each job, from 0 on: the same for neighbours that belong together, because they
/// share an artefact or the plan keeps models together, else the next.
std::vector<std::size_t> units_of(const Campaign& campaign);

}  // namespace joulemark::campaign

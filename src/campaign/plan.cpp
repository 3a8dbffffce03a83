#include "campaign/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "campaign/order.hpp"
#include "zoo/sha256.hpp"

namespace joulemark::campaign {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kSchema = "joulemark.campaign/1";
/// Of images: more than any model takes, and what a descriptor may say.
constexpr std::int64_t kLargestSide = 16384;
constexpr const char* kHelp = "docs/campaigns.md has every field";

/// Reads the fields of one object, and knows in the end which were not asked for.
class Fields {
 public:
  Fields(const json& from, std::string where) : from_(from), where_(std::move(where)) {
    if (!from_.is_object()) complain("is no object");
  }

  void text(const char* key, std::string& to, const std::vector<std::string>& words = {}) {
    const json* j = field(key);
    if (j == nullptr) return;
    if (!j->is_string() || j->get_ref<const std::string&>().empty()) {
      complain(fmt::format("'{}' is no text", key));
      return;
    }
    to = *j;
    if (!words.empty() && std::find(words.begin(), words.end(), to) == words.end())
      complain(fmt::format("'{}' is '{}', not {}", key, to, join_words(words)));
  }
  void flag(const char* key, bool& to) {
    const json* j = field(key);
    if (j == nullptr) return;
    if (j->is_boolean()) to = *j;
    if (!j->is_boolean()) complain(fmt::format("'{}' is not true or false", key));
  }
  void texts(const char* key, std::vector<std::string>& to) {
    const json* j = field(key);
    if (j == nullptr) return;
    const auto is_text = [](const json& item) {
      return item.is_string() && !item.get_ref<const std::string&>().empty();
    };
    if (!j->is_array() || j->empty() || !std::all_of(j->begin(), j->end(), is_text)) {
      complain(fmt::format("'{}' is no list of texts", key));
      return;
    }
    to = j->get<std::vector<std::string>>();
  }
  void integer(const char* key, std::int64_t& to, std::int64_t low, std::int64_t high) {
    const json* j = field(key);
    if (j == nullptr) return;
    const bool sound = j->is_number_integer() &&
                       (!j->is_number_unsigned() || j->get<std::uint64_t>() <= INT64_MAX) &&
                       j->get<std::int64_t>() >= low && j->get<std::int64_t>() <= high;
    if (sound) to = *j;
    if (!sound) complain(fmt::format("'{}' is no integer from {} to {}", key, low, high));
  }
  void number(const char* key, double& to, double low, double high) {
    const json* j = field(key);
    if (j == nullptr) return;
    const bool sound = j->is_number() && j->get<double>() >= low && j->get<double>() <= high;
    if (sound) to = *j;
    if (!sound) complain(fmt::format("'{}' is no number from {} to {}", key, low, high));
  }
  /// The field itself; nullptr when it is not there.
  const json* field(const char* key) {
    asked_.emplace_back(key);
    return from_.is_object() && from_.contains(key) ? &from_[key] : nullptr;
  }
  void complain(const std::string& what) {
    if (problem_.empty()) problem_ = fmt::format("{}: {}", where_, what);
  }
  /// The first thing that is wrong; empty when nothing is.
  std::string problem() {
    for (const auto& [key, value] : from_.items()) {
      if (!from_.is_object()) break;
      if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
      const auto near = nearest(key, asked_, 1);
      complain(near.empty() ? fmt::format("'{}' is not known", key)
                            : fmt::format("'{}' is not known; '{}'?", key, near[0]));
    }
    return problem_;
  }

 private:
  const json& from_;
  std::string where_;
  std::vector<std::string> asked_;
  std::string problem_;
};

void read_policies(Fields& f, std::vector<std::string>& to) {
  f.texts("batch", to);
  for (const std::string& policy : to) {
    if (const auto known = measure::parse_policy(policy); !known) f.complain(known.error().what);
  }
}

std::string read_variant(const json& from, std::size_t number, Variant& to) {
  Fields f(from, fmt::format("variant {}", number));
  f.text("format", to.format);
  f.text("precision", to.precision, {"fp32", "tf32", "fp16", "bf16"});
  f.text("layout", to.layout, {"contiguous", "channels_last"});
  f.text("batches", to.batches);
  if (f.field("input_size") != nullptr)
    f.integer("input_size", to.input_size.emplace(0), 1, kLargestSide);
  f.flag("cuda_graph", to.cuda_graph);
  read_policies(f, to.policies);
  return f.problem();
}

/// Of two variants that share an artefact, what it was compiled for must not be the last one's.
bool disagree(const Variant& a, const Variant& b) {
  return a.artefact() == b.artefact() && a.batches != b.batches;
}

std::string read_variants(const json& list, std::vector<Variant>& to) {
  if (!list.is_array() || list.empty()) return "'variants' is no list";
  std::set<std::string> names;
  for (const json& one : list) {
    const std::size_t number = to.size() + 1;
    if (auto problem = read_variant(one, number, to.emplace_back()); !problem.empty())
      return problem;
    if (!names.insert(to.back().name()).second)
      return fmt::format("variant {} is there twice", to.back().name());
    if (to.back().input_size.has_value() != to.front().input_size.has_value())
      return "'input_size' is in some variants and not in others: name each model's own size too";
    for (const Variant& other : to) {
      if (disagree(to.back(), other))
        return fmt::format("variants of {} differ in 'batches': name all sizes in each",
                           other.artefact());
    }
  }
  return {};
}

/// The limits of a query that are numbers.
struct Limit {
  const char* key;
  std::optional<double> catalogue::Query::* field;
  double low, high;
};
constexpr std::array kLimits = {
    Limit{"min_top1", &catalogue::Query::min_top1, 0.0, 100.0},
    Limit{"max_top1", &catalogue::Query::max_top1, 0.0, 100.0},
    Limit{"max_params", &catalogue::Query::max_parameters_m, 0.0, 1e6},
};
struct YearLimit {
  const char* key;
  std::optional<int> catalogue::Query::* field;
};
constexpr std::array kYears = {YearLimit{"from_year", &catalogue::Query::from_year},
                               YearLimit{"to_year", &catalogue::Query::to_year}};

std::string read_query(const json& from, std::size_t number, catalogue::Query& to) {
  Fields f(from, fmt::format("query {} of 'catalogue'", number));
  f.text("architecture", to.architecture);
  f.text("family", to.family);
  std::string kind;
  f.text("kind", kind);
  if (!kind.empty()) to.kind = catalogue::kind_of(kind);
  if (!kind.empty() && !to.kind)
    f.complain(fmt::format("'kind' is '{}', not {}", kind, catalogue::kKindNames));
  for (const Limit& limit : kLimits) {
    if (f.field(limit.key) != nullptr)
      f.number(limit.key, (to.*limit.field).emplace(), limit.low, limit.high);
  }
  if (f.field("max_input_size") != nullptr)
    f.integer("max_input_size", to.max_input_size.emplace(), 1, kLargestSide);
  for (const YearLimit& limit : kYears) {
    std::int64_t year = 0;
    f.integer(limit.key, year, 1900, 2999);
    if (year != 0) to.*limit.field = static_cast<int>(year);
  }
  return f.problem();
}

std::string read_queries(const json& list, std::vector<catalogue::Query>& to) {
  if (!list.is_array() || list.empty()) return "'catalogue' is no list of queries";
  for (const json& item : list) {
    const std::size_t number = to.size() + 1;
    if (auto problem = read_query(item, number, to.emplace_back()); !problem.empty())
      return problem;
  }
  return {};
}

ordered_json query_json(const catalogue::Query& q) {
  ordered_json j = ordered_json::object();
  if (!q.architecture.empty()) j["architecture"] = q.architecture;
  if (!q.family.empty()) j["family"] = q.family;
  if (q.kind) j["kind"] = catalogue::name(*q.kind);
  for (const Limit& limit : kLimits) {
    if (q.*limit.field) j[limit.key] = *(q.*limit.field);
  }
  if (q.max_input_size) j["max_input_size"] = *q.max_input_size;
  for (const YearLimit& limit : kYears) {
    if (q.*limit.field) j[limit.key] = *(q.*limit.field);
  }
  return j;
}

std::string read_sentinel(const json& from, std::optional<Sentinel>& to) {
  Fields f(from, "'sentinel'");
  to.emplace();
  f.text("model", to->model);
  f.integer("every", to->every, 1, 1'000'000);
  if (to->model.empty()) f.complain("'model' is missing");
  return f.problem();
}

/// Empty, or what is wrong.
std::string read_plan(const json& from, Plan& p) {
  Fields f(from, "the plan");
  f.text("name", p.name);
  f.texts("models", p.models);
  p.policies = {"1", "throughput"};
  read_policies(f, p.policies);
  f.text("runtime", p.runtime);
  f.text("device", p.device);
  f.text("weights", p.weights, {"auto", "pretrained", "live", "default"});
  f.integer("weights_seed", p.weights_seed, 0, INT32_MAX);
  f.number("target_ci", p.target_rel, 1e-9, 0.5);
  f.number("max_seconds", p.max_seconds, 0.5, 3600.0);
  f.integer("max_batch", p.max_batch, 1, 1 << 20);
  f.integer("order_seed", p.order_seed, 0, INT64_MAX);
  f.flag("models_together", p.models_together);
  f.integer("export_jobs", p.export_jobs, 1, 1024);
  f.integer("lot", p.lot, 1, 100'000);
  f.number("export_timeout", p.export_timeout_s, 1.0, 1e6);
  std::string problem;
  if (const json* variants = f.field("variants")) problem = read_variants(*variants, p.variants);
  const json* queries = f.field("catalogue");
  if (problem.empty() && queries != nullptr) problem = read_queries(*queries, p.catalogue);
  const json* sentinel = f.field("sentinel");
  if (problem.empty() && sentinel != nullptr) problem = read_sentinel(*sentinel, p.sentinel);
  if (!problem.empty()) return problem;
  if (p.name.empty()) f.complain("'name' is missing");
  if (p.models.empty() && p.catalogue.empty())
    f.complain("'models' is missing, and 'catalogue' too");
  if (p.variants.empty()) p.variants.emplace_back();
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!std::all_of(p.name.begin(), p.name.end(), plain) || p.name.starts_with('.'))
    f.complain("'name' has characters other than letters, digits, '-', '_' and '.'");
  const auto graph = [](const Variant& v) { return v.cuda_graph; };
  if (p.device == "cpu" && std::any_of(p.variants.begin(), p.variants.end(), graph))
    f.complain("'cuda_graph' needs a GPU, and 'device' is cpu");
  return f.problem();
}

ordered_json plan_json(const Plan& p) {
  ordered_json variants = ordered_json::array();
  for (const Variant& v : p.variants) {
    ordered_json one = {{"format", v.format}, {"precision", v.precision}, {"layout", v.layout}};
    if (!v.batches.empty()) one["batches"] = v.batches;
    if (v.input_size) one["input_size"] = *v.input_size;
    // Absent where they say nothing: plans of before there was such a field keep their ids.
    if (v.cuda_graph) one["cuda_graph"] = true;
    if (!v.policies.empty()) one["batch"] = v.policies;
    variants.push_back(std::move(one));
  }
  ordered_json j = {{"name", p.name}};
  if (!p.models.empty()) j["models"] = p.models;
  for (const catalogue::Query& q : p.catalogue) j["catalogue"].push_back(query_json(q));
  j["variants"] = std::move(variants);
  j["batch"] = p.policies;
  j["runtime"] = p.runtime;
  j["device"] = p.device;
  j["weights"] = p.weights;
  j["weights_seed"] = p.weights_seed;
  j["target_ci"] = p.target_rel;
  j["max_seconds"] = p.max_seconds;
  j["max_batch"] = p.max_batch;
  j["order_seed"] = p.order_seed;
  if (p.models_together) j["models_together"] = true;  // absent as cuda_graph is
  if (p.sentinel) j["sentinel"] = {{"model", p.sentinel->model}, {"every", p.sentinel->every}};
  j["export_jobs"] = p.export_jobs;
  j["lot"] = p.lot;
  j["export_timeout"] = p.export_timeout_s;
  return j;
}

ordered_json jobs_json(const std::vector<Job>& jobs) {
  ordered_json list = ordered_json::array();
  for (const Job& job : jobs) {
    ordered_json one = {{"model", job.model}, {"variant", job.variant}};
    if (job.sentinel) one["sentinel"] = true;
    list.push_back(std::move(one));
  }
  return list;
}

std::string id_of(const Campaign& c) {
  const std::string content = plan_json(c.plan).dump() + jobs_json(c.jobs).dump();
  return fmt::format("{}-{}", c.plan.name, zoo::sha256_of_text(content).substr(0, 12));
}

std::string architecture_of(const std::string& model) { return model.substr(0, model.find('.')); }

/// "resnet18" beside "resnet18.a1_in1k", where there are such; else empty.
std::string ambiguous(const std::vector<std::string>& models) {
  const std::set<std::string> all(models.begin(), models.end());
  for (const std::string& model : models) {
    if (model.find('.') != std::string::npos && all.contains(architecture_of(model))) return model;
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> queried_models(const Plan& plan,
                                                const catalogue::Catalogue& catalogue) {
  std::set<std::string> names;
  for (const catalogue::Query& query : plan.catalogue) {
    const auto found = catalogue::select(catalogue, query);
    if (found.empty()) {
      return fail(
          ErrorKind::invalid_input,
          fmt::format("no architecture of the catalogue is as {}", query_json(query).dump()),
          "`joulemark catalogue search` takes the same limits and shows what they leave");
    }
    for (const catalogue::Selected& one : found) names.insert(one.architecture->name);
  }
  return std::vector(names.begin(), names.end());
}

Result<Plan> parse_plan(std::string_view text) {
  const json j = json::parse(text, nullptr, false, true);
  if (j.is_discarded()) return fail(ErrorKind::invalid_input, "the plan is no JSON", kHelp);
  Plan plan;
  if (const auto problem = read_plan(j, plan); !problem.empty())
    return fail(ErrorKind::invalid_input, problem, kHelp);
  return plan;
}

Result<Campaign> freeze(Plan plan, std::vector<std::string> models) {
  if (models.empty()) {
    return fail(ErrorKind::invalid_input, "the plan names no model that there is",
                "`python -m joulemark_zoo list GLOB` shows what a glob stands for");
  }
  std::sort(models.begin(), models.end());
  models.erase(std::unique(models.begin(), models.end()), models.end());
  auto named = models;
  if (plan.sentinel) named.push_back(plan.sentinel->model);
  if (const std::string model = ambiguous(named); !model.empty()) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} is there with and without its tag", model),
                "Name it in one way: their rows could not be told apart");
  }
  Campaign c;
  c.jobs = ordered_jobs(plan, models);
  c.plan = std::move(plan);
  c.id = id_of(c);
  return c;
}

std::string to_json(const Campaign& c) {
  const ordered_json j = {
      {"schema", kSchema}, {"id", c.id}, {"plan", plan_json(c.plan)}, {"jobs", jobs_json(c.jobs)}};
  return j.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Campaign> campaign_from_json(const std::string& text) {
  const auto wrong = [](const std::string& what) {
    return fail(ErrorKind::invalid_input, what, "Make it again with `joulemark campaign plan`");
  };
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object() || j.value("schema", json()) != kSchema || !j.contains("plan"))
    return wrong(fmt::format("this is no {}", kSchema));
  Campaign c;
  if (const auto problem = read_plan(j["plan"], c.plan); !problem.empty()) return wrong(problem);
  try {
    c.id = j.at("id").get<std::string>();
    for (const json& one : j.at("jobs")) {
      Job job{one.at("model").get<std::string>(), one.at("variant").get<std::size_t>(),
              one.value("sentinel", false)};
      if (job.variant >= c.plan.variants.size()) return wrong("a job names no variant of the plan");
      c.jobs.push_back(std::move(job));
    }
  } catch (const json::exception& e) {
    return wrong(e.what());
  }
  if (c.id != id_of(c)) return wrong("the campaign was changed since it was planned");
  return c;
}

}  // namespace joulemark::campaign

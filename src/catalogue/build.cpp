#include "catalogue/build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "catalogue/costs.hpp"
#include "catalogue/facts.hpp"

namespace joulemark::catalogue {
namespace {

constexpr const char* kProject = "https://github.com/huggingface/pytorch-image-models";
constexpr const char* kLicence = "Apache-2.0";
constexpr const char* kWhat =
    "accuracy in percent on the 50,000 validation images of ImageNet-1k and on five other sets, as "
    "timm's author measured it";

constexpr std::array kKinds = {
    FindingWords{FindingKind::accuracy_absent, "accuracy_absent",
                 "a model of the ImageNet table has no row in the table of another set"},
    FindingWords{FindingKind::accuracy_unjoined, "accuracy_unjoined",
                 "a row of another set has no row in the ImageNet table, and is left out"},
    FindingWords{FindingKind::test_differs, "test_differs",
                 "crop, interpolation or parameters differ between the tables of two sets"},
    FindingWords{FindingKind::cost_absent, "cost_absent",
                 "no benchmark table has counted an architecture at a size it was tested at"},
    FindingWords{
        FindingKind::cost_of_another_network, "cost_of_another_network",
        "only a network with other parameters than the one that was tested has been counted"},
    FindingWords{FindingKind::cost_disagrees, "cost_disagrees",
                 "benchmark tables disagree about a count"},
    FindingWords{FindingKind::benchmark_only, "benchmark_only",
                 "an architecture has benchmarks and no accuracy, and is left out"},
    FindingWords{FindingKind::not_in_facts, "not_in_facts",
                 "a model of the ImageNet table is not known to the timm of the facts"},
    FindingWords{FindingKind::facts_only, "facts_only",
                 "a model that timm has is in no table of accuracies, and is left out"},
    FindingWords{FindingKind::default_not_tested, "default_not_tested",
                 "the weights that timm takes by default are in no table of accuracies"},
    FindingWords{FindingKind::no_family, "no_family",
                 "an architecture has no family, so neither kind nor date"},
    FindingWords{FindingKind::no_date, "no_date", "an architecture's paper is not known"},
    FindingWords{FindingKind::no_recipe_date, "no_recipe_date",
                 "the paper of the recipe of a set of weights is not known"},
    FindingWords{FindingKind::no_licence, "no_licence",
                 "timm states no licence for a set of weights"},
    FindingWords{FindingKind::pretraining_differs, "pretraining_differs",
                 "timm's table of metadata states other pretraining than the tag"},
    FindingWords{FindingKind::pretraining_unjoined, "pretraining_unjoined",
                 "a name in timm's table of metadata stands for no model of the catalogue"},
    FindingWords{FindingKind::file_unused, "file_unused",
                 "a file holds nothing that the catalogue has"},
};

/// Joins step by step; each step adds to the catalogue and to the findings.
class Builder {
 public:
  Builder(const Upstream& up, const Facts& facts) : up_(up), facts_(facts) {}

  Built build(const std::string& facts_sha256) {
    state_source(facts_sha256);
    join_accuracies();
    add_architectures();
    add_weights();
    add_costs_and_speeds();
    compare_pretraining();
    sort_findings();
    return std::move(built_);
  }

 private:
  Catalogue& catalogue() { return built_.catalogue; }
  void find(FindingKind kind, const std::string& subject, std::int64_t size = 0,
            const std::string& detail = {}) {
    built_.findings.push_back({kind, subject, size, detail});
  }
  const Results& imagenet() const { return up_.results[0]; }

  void state_source(const std::string& facts_sha256) {
    catalogue().source = {kProject, kLicence, kWhat, facts_.timm, up_.read, facts_sha256};
    for (const std::string& file : up_.unused) find(FindingKind::file_unused, file);
  }

  void join_accuracies() {
    for (const auto& [key, tested] : imagenet()) {
      const auto& [model, size] = key;
      const ModelName parts = split(model);
      Evaluation e{std::string(parts.architecture),
                   std::string(parts.tag),
                   size,
                   tested.crop,
                   tested.interpolation,
                   {}};
      for (const TestSetName& set : test_sets()) e.on[index(set)] = accuracy_on(set, key, tested);
      catalogue().evaluations.push_back(std::move(e));
    }
    std::sort(catalogue().evaluations.begin(), catalogue().evaluations.end(),
              [](const Evaluation& a, const Evaluation& b) {
                return std::tie(a.architecture, a.tag, a.size) <
                       std::tie(b.architecture, b.tag, b.size);
              });
    for (const TestSetName& set : test_sets()) {
      for (const auto& [key, tested] : up_.results[index(set)]) {
        if (!imagenet().contains(key)) {
          find(FindingKind::accuracy_unjoined, key.first, key.second,
               fmt::format("{}: top-1 {}", set.title, tested.accuracy.top1));
        }
      }
    }
  }

  static std::size_t index(const TestSetName& set) { return static_cast<std::size_t>(set.set); }

  std::optional<Accuracy> accuracy_on(const TestSetName& set, const Results::key_type& key,
                                      const Tested& on_imagenet) {
    const Results& results = up_.results[index(set)];
    const auto found = results.find(key);
    if (found == results.end()) {
      find(FindingKind::accuracy_absent, key.first, key.second, std::string(set.title));
      return std::nullopt;
    }
    const Tested& t = found->second;
    const bool same =
        std::tie(t.crop, t.interpolation, t.parameters_m) ==
        std::tie(on_imagenet.crop, on_imagenet.interpolation, on_imagenet.parameters_m);
    if (!same) {
      find(FindingKind::test_differs, key.first, key.second,
           fmt::format("{}: crop {}, {}, {} M parameters", set.title, t.crop, t.interpolation,
                       t.parameters_m));
    }
    ++built_.accuracies;
    return t.accuracy;
  }

  void add_architectures() {
    std::map<std::string, double> parameters;
    std::map<std::string, std::set<std::string>> tags;
    for (const auto& [key, tested] : imagenet()) {
      const ModelName parts = split(key.first);
      const std::string name(parts.architecture);
      const auto [at, fresh] = parameters.emplace(name, tested.parameters_m);
      if (!fresh && at->second != tested.parameters_m) {
        find(FindingKind::test_differs, key.first, key.second,
             fmt::format("{} M parameters, and {} M with other weights of the architecture",
                         tested.parameters_m, at->second));
      }
      tags[name].emplace(parts.tag);
    }
    std::set<std::string> families;
    for (const auto& [name, millions] : parameters) {
      Architecture a = architecture_of(name, tags[name]);
      a.parameters_m = millions;
      if (!a.family.empty()) families.insert(a.family);
      catalogue().architectures.push_back(std::move(a));
    }
    for (const std::string& family : families) {
      catalogue().families.push_back(facts_.families.find(family)->second);
    }
  }

  Architecture architecture_of(const std::string& name, const std::set<std::string>& tags) {
    const auto found = facts_.architectures.find(name);
    Architecture a = found == facts_.architectures.end() ? Architecture{} : found->second;
    a.name = name;
    if (!a.default_tag.empty() && !tags.contains(a.default_tag)) {
      find(FindingKind::default_not_tested, name, 0, a.default_tag);
    }
    if (a.family.empty()) {
      find(FindingKind::no_family, name);
    } else if (const Family& family = facts_.families.find(a.family)->second; !family.date) {
      find(FindingKind::no_date, name, 0, family.reason);
    }
    return a;
  }

  void add_weights() {
    std::set<std::string> models;
    for (const auto& [key, tested] : imagenet()) models.insert(key.first);
    for (const std::string& model : models) {
      const auto found = facts_.weights.find(model);
      if (found == facts_.weights.end()) {
        find(FindingKind::not_in_facts, model, 0, "timm " + facts_.timm);
        const ModelName parts = split(model);
        catalogue().weights.push_back(
            {std::string(parts.architecture), std::string(parts.tag), {}, {}, {}, {}});
        continue;
      }
      if (!found->second.date) find(FindingKind::no_recipe_date, model);
      if (found->second.licence.empty()) find(FindingKind::no_licence, model);
      catalogue().weights.push_back(found->second);
    }
    std::sort(catalogue().weights.begin(), catalogue().weights.end(),
              [](const Weights& a, const Weights& b) {
                return std::tie(a.architecture, a.tag) < std::tie(b.architecture, b.tag);
              });
    for (const auto& [model, weights] : facts_.weights) {
      if (!models.contains(model)) find(FindingKind::facts_only, model);
    }
  }

  /// Of the architectures that the catalogue has. Older tables have names of before timm had tags.
  Counts counts_by_present_names() {
    Counts counts;
    std::set<std::string> left_out;
    for (const auto& [key, rows] : up_.counts) {
      const auto& [name, size] = key;
      const auto now = facts_.formerly.find(name);
      const bool renamed =
          catalogue().architecture(name) == nullptr && now != facts_.formerly.end();
      const std::string present(renamed ? split(now->second).architecture : name);
      if (catalogue().architecture(present) == nullptr) {
        left_out.insert(name);
        continue;
      }
      auto& all = counts[{present, size}];
      all.insert(all.end(), rows.begin(), rows.end());
    }
    for (const std::string& name : left_out) find(FindingKind::benchmark_only, name);
    return counts;
  }

  /// Also at sizes where nothing was tested: energy can be measured there.
  void add_costs_and_speeds() {
    for (const auto& [key, rows] : counts_by_present_names()) {
      const auto& [name, size] = key;
      const Architecture* architecture = catalogue().architecture(name);
      if (auto speed = choose_speed(name, size, rows)) {
        catalogue().speeds.push_back(std::move(*speed));
      }
      const ChosenCost chosen = choose_cost(name, size, architecture->parameters_m, rows);
      if (!chosen.cost) continue;
      if (chosen.other_network) {
        find(FindingKind::cost_of_another_network, name, size,
             fmt::format("{} M parameters and not {} M", chosen.cost->counted_parameters_m,
                         architecture->parameters_m));
      }
      for (const std::string& words : chosen.disagreements) {
        find(FindingKind::cost_disagrees, name, size, words);
      }
      catalogue().costs.push_back(*chosen.cost);
    }
    std::set<std::pair<std::string, std::int64_t>> tested;
    for (const Evaluation& e : catalogue().evaluations) tested.emplace(e.architecture, e.size);
    for (const auto& [name, size] : tested) {
      if (catalogue().cost(name, size) == nullptr) find(FindingKind::cost_absent, name, size);
    }
  }

  /// Of the class that the table of metadata states, in the words of the tags.
  static std::string class_of(const std::string& metadata) {
    static const std::map<std::string, std::string, std::less<>> kClasses = {
        {"in1k-dist", "in1k"},     {"in1k-ap", "in1k"},       {"in1k-adv", "in1k"},
        {"in21k-selfsl", "in21k"}, {"jft300m-ns", "jft300m"}, {"ig1b-wsl", "ig1b"},
        {"ig1b-swsl", "ig1b"},     {"yfc-semisl", "yfcc100m"}};
    const auto found = kClasses.find(metadata);
    return found == kClasses.end() ? metadata : found->second;
  }

  /// timm's table of metadata has the names of before 2023, without tags. Where timm knows what an
  /// old name is now, the two are held against each other.
  void compare_pretraining() {
    for (const auto& [old, stated] : up_.pretraining) {
      const auto now = facts_.formerly.find(old);
      const std::string& present = now == facts_.formerly.end() ? old : now->second;
      const ModelName parts = split(present);
      const auto same_class = [&](const Weights& w) { return w.pretraining == class_of(stated); };
      const auto all = catalogue().weights_of(parts.architecture);
      if (parts.tag.empty()) {
        // The name has no tag still: which weights it meant is not known, but some should fit.
        if (all.empty()) {
          find(FindingKind::pretraining_unjoined, old, 0, stated);
        } else if (std::none_of(all.begin(), all.end(), same_class)) {
          find(FindingKind::pretraining_differs, old, 0,
               fmt::format("{}; no tag of it says so", stated));
        }
      } else if (const Weights* w = catalogue().weights_of(parts.architecture, parts.tag)) {
        if (!same_class(*w)) {
          find(FindingKind::pretraining_differs, old, 0,
               fmt::format("{}; {} says {}", stated, present, w->pretraining));
        }
      } else {
        find(FindingKind::pretraining_unjoined, old, 0, stated);
      }
    }
  }

  void sort_findings() {
    std::sort(built_.findings.begin(), built_.findings.end(),
              [](const Finding& a, const Finding& b) {
                return std::tie(a.kind, a.subject, a.size, a.detail) <
                       std::tie(b.kind, b.subject, b.size, b.detail);
              });
  }

  const Upstream& up_;
  const Facts& facts_;
  Built built_;
};

}  // namespace

std::span<const FindingWords> finding_kinds() { return kKinds; }

Result<Built> build(const std::vector<Input>& tables, const Input& facts_file) {
  const auto up = read_upstream(tables);
  if (!up) return tl::unexpected(up.error());
  const auto facts = facts_from_text(facts_file.text);
  if (!facts) return tl::unexpected(facts.error());
  return Builder(*up, *facts).build(facts_file.sha256);
}

std::string to_csv(std::span<const Finding> findings) {
  std::string text = "finding,subject,input_size,detail\n";
  for (const Finding& f : findings) {
    const FindingWords& words = kKinds[static_cast<std::size_t>(f.kind)];
    text += fmt::format("{},{},{},{}\n", words.name, csv_cell(f.subject),
                        f.size > 0 ? fmt::format("{}", f.size) : "", csv_cell(f.detail));
  }
  return text;
}

}  // namespace joulemark::catalogue

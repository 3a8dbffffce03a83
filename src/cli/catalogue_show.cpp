#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "catalogue/built_in.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "report/table.hpp"

/// `joulemark catalogue show` and `search`: the catalogue that is part of the program.
namespace joulemark::cli {
namespace {

namespace cat = joulemark::catalogue;
using nlohmann::ordered_json;

ordered_json or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json date_json(const std::optional<cat::Month>& date) {
  return date ? ordered_json(cat::to_text(*date)) : ordered_json(nullptr);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string date_text(const std::optional<cat::Month>& date) {
  return date ? cat::to_text(*date) : "-";
}

/// "2021-06 (arXiv:2106.04803)"; "-" where it is not known.
std::string date_and_paper(const std::optional<cat::Month>& date, const std::string& paper) {
  return date ? fmt::format("{} (arXiv:{})", cat::to_text(*date), paper) : "-";
}

std::string source_line() {
  const cat::Source& s = cat::built_in().source;
  return fmt::format("Source: {}, {}; timm {}\n", s.project, s.licence, s.timm);
}

// --- show

/// An architecture, and those of its weights that were asked for.
struct Shown {
  const cat::Architecture* architecture;
  const cat::Family* family;  ///< null: not known
  std::vector<cat::Weights> weights;
  std::vector<cat::Evaluation> evaluations;
  std::span<const cat::Cost> costs;
  std::span<const cat::Speed> speeds;
};

tl::unexpected<Error> unknown(const std::string& model, const std::vector<std::string>& names) {
  const auto near = nearest(model, names);
  return fail(ErrorKind::not_found, fmt::format("the catalogue has no model '{}'", model),
              near.empty() ? "`joulemark catalogue search` lists the architectures"
                           : fmt::format("Did you mean {}?", join_words(near)));
}

Result<Shown> look_up(const std::string& model) {
  const cat::Catalogue& c = cat::built_in();
  const cat::ModelName parts = cat::split(model);
  const cat::Architecture* a = c.architecture(parts.architecture);
  if (a == nullptr) {
    std::vector<std::string> names;
    for (const cat::Architecture& each : c.architectures) names.push_back(each.name);
    return unknown(model, names);
  }
  const auto asked = [&](const auto& entry) { return parts.tag.empty() || entry.tag == parts.tag; };
  Shown shown{a, c.family(a->family), {}, {}, c.costs_of(a->name), c.speeds_of(a->name)};
  for (const cat::Weights& w : c.weights_of(a->name)) {
    if (asked(w)) shown.weights.push_back(w);
  }
  for (const cat::Evaluation& e : c.evaluations_of(a->name)) {
    if (asked(e)) shown.evaluations.push_back(e);
  }
  if (shown.weights.empty()) {
    std::vector<std::string> names;
    for (const cat::Weights& w : c.weights_of(a->name))
      names.push_back(w.architecture + "." + w.tag);
    return unknown(model, names);
  }
  return shown;
}

std::string architecture_text(const Shown& s) {
  const cat::Architecture& a = *s.architecture;
  std::string text = fmt::format("{}\n", a.name);
  if (s.family != nullptr) {
    text += fmt::format("  family      {}, {}\n", s.family->name, cat::name(s.family->kind));
    text += fmt::format("  published   {}\n", date_and_paper(s.family->date, s.family->paper));
    if (!s.family->reason.empty()) text += fmt::format("  note        {}\n", s.family->reason);
  }
  text += fmt::format("  parameters  {} million\n", a.parameters_m);
  if (!a.default_tag.empty()) text += fmt::format("  default tag {}\n", a.default_tag);
  return text;
}

std::string weights_table(const Shown& s) {
  report::TextTable table{{"weights", "pretraining", "recipe published", "licence"}, {}, {}};
  for (const cat::Weights& w : s.weights) {
    table.rows.push_back(
        {w.tag, or_dash(w.pretraining), date_and_paper(w.date, w.paper), or_dash(w.licence)});
  }
  return table.render();
}

std::string accuracy_table(const Shown& s) {
  report::TextTable table{{"top-1, % at pixels", "size", "crop"}, {}, {false, true, true}};
  for (const cat::TestSetName& set : cat::test_sets()) {
    table.header.emplace_back(set.title);
    table.right_aligned.push_back(true);
  }
  for (const cat::Evaluation& e : s.evaluations) {
    std::vector<std::string> row = {e.tag, fmt::format("{}", e.size), fmt::format("{}", e.crop)};
    for (const auto& accuracy : e.on) {
      row.push_back(accuracy ? fmt::format("{:.2f}", accuracy->top1) : "-");
    }
    table.rows.push_back(std::move(row));
  }
  return table.render();
}

std::string costs_table(const Shown& s) {
  report::TextTable table{{"size", "GMACs", "activations, M", "of a network of M parameters"},
                          {},
                          {true, true, true, true}};
  for (const cat::Cost& c : s.costs) {
    table.rows.push_back({fmt::format("{}", c.size), fmt::format("{}", c.gmacs),
                          fmt::format("{}", c.activations_m),
                          fmt::format("{}", c.counted_parameters_m)});
  }
  return table.render();
}

/// One row for each machine that has run it, one column for each size.
std::string speeds_table(const Shown& s) {
  if (s.speeds.empty()) return "";
  report::TextTable table{{"images/s of others, at pixels"}, {}, {false}};
  for (const cat::Speed& speed : s.speeds) {
    table.header.push_back(fmt::format("{}", speed.size));
    table.right_aligned.push_back(true);
  }
  for (std::size_t i = 0; i < cat::kBenchmarks; ++i) {
    std::vector<std::string> row = {std::string(cat::benchmarks()[i].title)};
    for (const cat::Speed& speed : s.speeds) {
      const auto& value = speed.images_per_s[i];
      row.push_back(value ? fmt::format("{}", *value) : "-");
    }
    table.rows.push_back(std::move(row));
  }
  return table.render() + "\n";
}

std::string shown_text(const Shown& s) {
  return architecture_text(s) + "\n" + weights_table(s) + "\n" + accuracy_table(s) + "\n" +
         costs_table(s) + "\n" + speeds_table(s) + source_line();
}

ordered_json speeds_json(const Shown& s) {
  ordered_json speeds = ordered_json::array();
  for (const cat::Speed& speed : s.speeds) {
    ordered_json j = {{"input_size", speed.size}};
    for (std::size_t i = 0; i < cat::kBenchmarks; ++i) {
      const auto& value = speed.images_per_s[i];
      j[std::string(cat::benchmarks()[i].column)] =
          value ? ordered_json(*value) : ordered_json(nullptr);
    }
    speeds.push_back(std::move(j));
  }
  return speeds;
}

ordered_json evaluation_json(const cat::Evaluation& e) {
  ordered_json j = {{"model", e.model()},
                    {"input_size", e.size},
                    {"crop", e.crop},
                    {"interpolation", e.interpolation}};
  for (const cat::TestSetName& set : cat::test_sets()) {
    const auto& accuracy = e.accuracy(set.set);
    const auto percent = [&](double value) {
      return accuracy ? ordered_json(value) : ordered_json(nullptr);
    };
    j[fmt::format("{}_top1", set.column)] = percent(accuracy ? accuracy->top1 : 0.0);
    j[fmt::format("{}_top5", set.column)] = percent(accuracy ? accuracy->top5 : 0.0);
  }
  return j;
}

ordered_json architecture_json(const cat::Architecture& a, const cat::Family* family) {
  return {
      {"architecture", a.name},
      {"family", or_null(a.family)},
      {"kind", family == nullptr ? ordered_json(nullptr) : ordered_json(cat::name(family->kind))},
      {"date", family == nullptr ? ordered_json(nullptr) : date_json(family->date)},
      {"paper", family == nullptr ? ordered_json(nullptr) : or_null(family->paper)},
      {"parameters_m", a.parameters_m},
      {"default_tag", or_null(a.default_tag)}};
}

ordered_json shown_json(const Shown& s) {
  ordered_json j = architecture_json(*s.architecture, s.family);
  j["module"] = or_null(s.architecture->module);
  ordered_json weights = ordered_json::array();
  for (const cat::Weights& w : s.weights) {
    weights.push_back({{"model", w.architecture + "." + w.tag},
                       {"pretraining", or_null(w.pretraining)},
                       {"date", date_json(w.date)},
                       {"paper", or_null(w.paper)},
                       {"licence", or_null(w.licence)}});
  }
  ordered_json evaluations = ordered_json::array();
  for (const cat::Evaluation& e : s.evaluations) evaluations.push_back(evaluation_json(e));
  ordered_json costs = ordered_json::array();
  for (const cat::Cost& c : s.costs) {
    costs.push_back({{"input_size", c.size},
                     {"gmacs", c.gmacs},
                     {"activations_m", c.activations_m},
                     {"counted_parameters_m", c.counted_parameters_m},
                     {"torch", c.torch}});
  }
  j["weights"] = std::move(weights);
  j["accuracy"] = std::move(evaluations);
  j["costs"] = std::move(costs);
  j["images_per_s"] = speeds_json(s);
  j["source"] = source_line().substr(0, source_line().size() - 1);
  return j;
}

// --- search

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_glob(const std::string& word) { return word.find_first_of("*?[") != std::string::npos; }

/// Everything that a word may be found in.
std::string searched(const cat::Architecture& a) {
  const cat::Catalogue& c = cat::built_in();
  std::string text = a.name + " " + a.family;
  if (const cat::Family* f = c.family(a.family)) text += " " + std::string(cat::name(f->kind));
  for (const cat::Weights& w : c.weights_of(a.name)) text += " " + w.tag;
  return lower(std::move(text));
}

std::vector<cat::Selected> found(const CatalogueSearchOptions& options) {
  auto selected = cat::select(cat::built_in(), options.query);
  for (const std::string& word : options.words) {
    std::erase_if(selected, [&](const cat::Selected& s) {
      return is_glob(word) ? !matches(word, s.architecture->name)
                           : searched(*s.architecture).find(lower(word)) == std::string::npos;
    });
  }
  return selected;
}

std::string found_text(const std::vector<cat::Selected>& selected) {
  report::TextTable table{{"architecture", "family", "kind", "published", "M parameters",
                           "top-1, %", "size", "GMACs", "weights"},
                          {},
                          {false, false, false, false, true, true, true, true, false}};
  const cat::Catalogue& c = cat::built_in();
  for (const auto& [a, best] : selected) {
    const cat::Family* family = c.family(a->family);
    const cat::Cost* cost = c.cost(a->name, best->size);
    table.rows.push_back(
        {a->name, or_dash(a->family),
         family == nullptr ? "-" : std::string(cat::name(family->kind)),
         family == nullptr ? "-" : date_text(family->date), fmt::format("{}", a->parameters_m),
         fmt::format("{:.2f}", best->imagenet().top1), fmt::format("{}", best->size),
         cost == nullptr ? "-" : fmt::format("{}", cost->gmacs), best->tag});
  }
  return table.render() +
         fmt::format("{} of {} architectures\n", selected.size(), c.architectures.size());
}

ordered_json found_json(const std::vector<cat::Selected>& selected) {
  const cat::Catalogue& c = cat::built_in();
  ordered_json list = ordered_json::array();
  for (const auto& [a, best] : selected) {
    ordered_json entry = architecture_json(*a, c.family(a->family));
    const cat::Cost* cost = c.cost(a->name, best->size);
    entry["best"] = {
        {"model", best->model()},
        {"input_size", best->size},
        {"imagenet_top1", best->imagenet().top1},
        {"gmacs", cost == nullptr ? ordered_json(nullptr) : ordered_json(cost->gmacs)}};
    list.push_back(std::move(entry));
  }
  return {{"architectures", list}};
}

}  // namespace

int run_catalogue_show(const CatalogueShowOptions& options, const CommonOptions& common) {
  const auto shown = look_up(options.model);
  if (!shown) return report_error(shown.error(), common.json);
  return print_and_end(common.json ? pretty(shown_json(*shown)) : shown_text(*shown), common.json);
}

int run_catalogue_search(const CatalogueSearchOptions& options, const CommonOptions& common) {
  const auto selected = found(options);
  if (selected.empty()) {
    return report_error({ErrorKind::not_found, "no architecture of the catalogue is like that",
                         "Give fewer words or wider limits"},
                        common.json);
  }
  return print_and_end(common.json ? pretty(found_json(selected)) : found_text(selected),
                       common.json);
}

}  // namespace joulemark::cli

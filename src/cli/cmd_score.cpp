#include <fmt/format.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "analysis/common.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_rows.hpp"
#include "report/table.hpp"
#include "score/built_in.hpp"
#include "score/score.hpp"

/// `joulemark score`: index and letter of models, and what is as accurate for less.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;
using score::Cheaper;
using score::Edition;
using score::Index;
using score::Scored;
using score::Scores;

/// Suggestions for each model that was named.
constexpr std::size_t kSuggestions = 3;

std::string index_words(const Index& index) {
  return fmt::format("{:.2f} (95 %: {:.2f} to {:.2f})", index.value, index.ci95.low,
                     index.ci95.high);
}

std::string headline(const Edition& e, const Scores& s) {
  const auto& set = catalogue::test_set(s.set);
  const score::Curve& curve = *e.curve(s.set);
  std::string out = fmt::format(
      "{}, policy {}, accuracy on {}\nEdition {}{}: the {} members of the frontier of {} models on "
      "{}, {}\n",
      s.setup, e.policy, set.title, e.name, e.is_draft ? ", a draft, so letters will change" : "",
      curve.members, e.models, e.setup, e.made_on);
  if (s.offset) {
    out += fmt::format(
        "This setup takes {:.2f} times the energy of the edition's for the same models (± {}, {} "
        "anchors): the index is without that, the system's with it.\n",
        std::exp2(s.offset->kappa), report::percent(std::exp2(s.offset->kappa_ci95) - 1.0),
        s.offset->anchors);
  }
  return out;
}

/// As it was named, and what its energy is where that was not measured.
std::string marked(const Scored& m) { return analysis::marked(m.asked, *m.row); }

std::string table(const Scores& s) {
  report::TextTable t{
      {"model", "J/image", "top-1", "index", "95 %", "score", "letter", "system", "weights"},
      {},
      {false, true, true, true, true, true, false, true, false}};
  for (const Scored& m : s.models) {
    const auto number = [](const Result<Index>& i) {
      return i ? fmt::format("{:.2f}", i->value) : std::string("-");
    };
    t.rows.push_back(
        {marked(m), report::si(*m.row->energy_j_per_image, "J"),
         m.top1 ? fmt::format("{:.2f} %", *m.top1) : "-", number(m.model),
         m.model ? fmt::format("{:.2f} to {:.2f}", m.model->ci95.low, m.model->ci95.high) : "-",
         m.model ? fmt::format("{:.0f}", m.model->score()) : "-",
         m.model ? m.model->letters() : "-", number(m.system), m.weights});
  }
  return t.render();
}

std::string cheaper_words(const std::vector<Cheaper>& cheaper, const Scored& m) {
  if (cheaper.empty()) {
    return m.top1 ? "  Nothing measured there is as accurate for less, beyond the intervals.\n"
                  : "";
  }
  std::string out = "  As accurate, or more, for less:\n";
  for (const Cheaper& c : cheaper) {
    out += fmt::format("    {}: {} the energy, {:.2f} % ({})\n", marked_subject(*c.row),
                       analysis::times(c.times, c.ci95), c.top1, c.weights);
  }
  return out;
}

/// One model in words; for a list of all of them this would be too much.
std::string sentences(const Scored& m, const std::vector<Cheaper>& cheaper) {
  const std::string index =
      m.model
          ? fmt::format("{} takes {} times the energy that the frontier takes for its accuracy.\n",
                        marked(m), index_words(*m.model))
          : fmt::format("{} has no letter: {}.\n", marked(m), m.model.error().what);
  return index + cheaper_words(cheaper, m);
}

ordered_json json(const Result<Index>& index) {
  if (!index) return {{"index", nullptr}, {"reason", index.error().what}};
  return {{"index", index->value},
          {"low", index->ci95.low},
          {"high", index->ci95.high},
          {"score", index->score()},
          {"letter", std::string(1, index->letter())},
          {"letters", index->letters()}};
}

ordered_json json(const Cheaper& c) {
  return {{"model", subject(*c.row)},
          {"run", run_or_null(*c.row)},
          {"energy_origin", c.row->origin},
          {"weights", c.weights},
          {"top1", c.top1},
          {"times_energy", c.times},
          {"low", c.ci95.low},
          {"high", c.ci95.high}};
}

/// A letter of another policy would be of other energies than were asked about.
Result<score::Edition> edition_for(const ScoreOptions& options) {
  auto edition = score::edition_named(options.edition, options.policy);
  const bool is_asked = !edition || !options.edition.empty() || edition->policy == options.policy;
  if (is_asked) return edition;
  return fail(ErrorKind::not_found, fmt::format("no edition here is of policy {}", options.policy),
              fmt::format("Fit one, and name its file with --edition: joulemark score edition fit "
                          "--policy {} --name NAME",
                          options.policy));
}

}  // namespace

int run_score(const ScoreOptions& options, const CommonOptions& common) {
  const auto edition = edition_for(options);
  if (!edition) return report_error(edition.error(), common.json);
  const auto rows = rows_to_analyse(options.setup, common, options.predicted);
  if (!rows) return report_error(rows.error(), common.json);
  const auto scores = score::score(*edition, *rows, options.models, options.on);
  if (!scores) return report_error(scores.error(), common.json);
  std::string text = headline(*edition, *scores) + "\n" + table(*scores) + "\n";
  ordered_json models = ordered_json::array();
  for (const Scored& m : scores->models) {
    // Of all models this would be a list for each: they are ranked instead.
    const auto cheaper = options.models.empty()
                             ? std::vector<Cheaper>()
                             : score::cheaper_than(m, *edition, *rows, options.on, kSuggestions);
    if (!options.models.empty()) text += sentences(m, cheaper);
    ordered_json list = ordered_json::array();
    for (const Cheaper& c : cheaper) list.push_back(json(c));
    models.push_back({{"model", m.asked},
                      {"run", run_or_null(*m.row)},
                      {"weights", m.weights},
                      {"top1", or_null(m.top1)},
                      {"energy_j_per_image", or_null(m.row->energy_j_per_image)},
                      {"energy_origin", m.row->origin},
                      {"model_index", json(m.model)},
                      {"system_index", json(m.system)},
                      {"cheaper", std::move(list)}});
  }
  if (const auto others = analysis::others_in_words(scores->other_setups); !others.empty()) {
    text += others + "\n";
  }
  if (!common.json) return print_and_end(text, false);
  ordered_json offset = nullptr;
  if (scores->offset) {
    offset = {{"kappa", scores->offset->kappa},
              {"kappa_ci95", scores->offset->kappa_ci95},
              {"anchors", scores->offset->anchors}};
  }
  return print_and_end(pretty({{"edition", edition->name},
                               {"edition_is_draft", edition->is_draft},
                               {"setup", scores->setup},
                               {"policy", edition->policy},
                               {"on", catalogue::test_set(options.on).column},
                               {"offset", std::move(offset)},
                               {"models", std::move(models)},
                               {"setups_not_used", scores->other_setups}}),
                       true);
}

}  // namespace joulemark::cli

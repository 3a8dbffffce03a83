#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include <nlohmann/json.hpp>

#include "analysis/budget.hpp"
#include "analysis/common.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_rows.hpp"
#include "report/table.hpp"
#include "score/built_in.hpp"
#include "score/score.hpp"

/// `joulemark choose`: the models that keep a budget, and why the others come later.
namespace joulemark::cli {
namespace {

using analysis::Answer;
using analysis::Limit;
using analysis::NearMiss;
using analysis::Pick;
using analysis::Wanted;
using nlohmann::ordered_json;

/// Letters by model. None where the edition is of another policy or has no curve on these images.
using Letters = std::map<std::string, score::Index>;

Letters letters_of(const std::vector<analysis::Row>& rows, const Answer& answer,
                   const score::Edition& edition, catalogue::TestSet set) {
  Letters letters;
  if (edition.policy != answer.policy) return letters;
  const auto scores = score::score_setup(edition, rows, answer.setup, set);
  if (!scores) return letters;
  for (const score::Scored& s : scores->models) {
    if (s.model) letters.emplace(subject(*s.row), *s.model);
  }
  return letters;
}

// --- words

std::string title_of(catalogue::TestSet set) { return std::string(catalogue::test_set(set).title); }

/// A number of a limit with its unit.
std::string amount(Limit limit, double value) {
  switch (limit) {
    case Limit::accuracy:
      return fmt::format("{:g} %", value);
    case Limit::energy:
      return report::si(value, "J");
    case Limit::throughput:
      return fmt::format("{:.0f} images/s", value);
    case Limit::latency:
      return fmt::format("{:.3g} ms", value);
    case Limit::parameters:
      return fmt::format("{:.3g} M parameters", value);
    case Limit::kind:
    case Limit::licence:
      break;
  }
  return "";
}

std::string limits_in_words(const Wanted& w) {
  std::vector<std::string> words;
  const auto add = [&](const std::optional<double>& value, Limit limit, const char* form) {
    if (value) words.push_back(fmt::format(fmt::runtime(form), amount(limit, *value)));
  };
  add(w.min_top1, Limit::accuracy, "top-1 of {} or more");
  add(w.max_joules, Limit::energy, "{} or less");
  add(w.min_images_per_s, Limit::throughput, "{} or more");
  add(w.max_latency_ms, Limit::latency, "99 % of batches within {}");
  add(w.max_parameters_m, Limit::parameters, "{} or fewer");
  if (w.kind) words.push_back(fmt::format("kind {}", catalogue::name(*w.kind)));
  if (!w.licence.empty()) words.push_back(fmt::format("licence {}", w.licence));
  return words.empty() ? "no limit" : join_words(words);
}

std::string letter_of(const Letters& letters, const Pick& pick) {
  const auto found = letters.find(subject(*pick.row));
  return found == letters.end() ? "-" : found->second.letters();
}

std::string table(const Answer& a, std::size_t rows, const Letters& letters) {
  report::TextTable t{
      {"", "model", "J/image", "95 %", "top-1", "images/s", "batch", "letter", "weights"},
      {},
      {true, false, true, true, true, true, true, false, false}};
  for (std::size_t i = 0; i < rows; ++i) {
    const Pick& o = a.picks[i];
    const analysis::Row& row = *o.row;
    const auto rel = analysis::own_rel(row, {});
    t.rows.push_back(
        {fmt::format("{}", i + 1), marked_subject(row), report::si(*row.energy_j_per_image, "J"),
         rel ? "± " + report::percent(*rel) : "-", fmt::format("{:.2f} %", *o.weights.top1),
         row.images_per_s ? fmt::format("{:.0f}", *row.images_per_s) : "-",
         row.batch ? fmt::format("{}", *row.batch) : "-", letter_of(letters, o), o.weights.model});
  }
  return t.render();
}

std::string uncertain_words(const Pick& o) {
  if (o.uncertain.empty()) return "";
  std::vector<std::string> words;
  for (const Limit limit : o.uncertain) words.emplace_back(name(limit));
  return fmt::format(" Within its interval it may not keep the limit of {}.", join_words(words));
}

std::string near_words(const NearMiss& n) {
  return fmt::format(
      "  {}: {} has {} where {} is asked for; {} by this limit alone\n", name(n.limit),
      marked_subject(*n.row), amount(n.limit, n.value), amount(n.limit, n.wanted),
      n.of == 1 ? std::string("it is kept out") : fmt::format("{} models are kept out", n.of));
}

std::string reasons(const Answer& a, std::size_t rows, analysis::By by) {
  std::string out;
  for (std::size_t i = 0; i < rows; ++i) {
    const Pick& o = a.picks[i];
    const std::string why = i == 0
                                ? (o.uncertain.empty() ? "" : marked_subject(*o.row) + ".")
                                : fmt::format("{} {}.", marked_subject(*o.row), why_behind(o, by));
    if (!why.empty()) out += fmt::format("{:>3}. {}{}\n", i + 1, why, uncertain_words(o));
  }
  return out.empty() ? "" : "\nBeside the first:\n" + out;
}

std::string boards_line(const Answer& a, std::size_t rows) {
  std::vector<analysis::Beside> beside;
  for (std::size_t i = 0; i < rows; ++i) {
    if (a.picks[i].beside) beside.push_back(*a.picks[i].beside);
  }
  const std::string words = analysis::boards_in_words(beside);
  return words.empty() ? "" : "  " + words + "\n";
}

std::string letters_line(const score::Edition& e, const Letters& letters) {
  if (letters.empty()) {
    return fmt::format(
        "No letters: edition {} is of policy {}, or has no curve or anchors for this.\n", e.name,
        e.policy);
  }
  return fmt::format("Letters of edition {}{}.\n", e.name, e.is_draft ? ", a draft" : "");
}

std::string text(const Answer& a, const ChooseOptions& options, const score::Edition& edition,
                 const Letters& letters) {
  const std::size_t rows =
      options.rows == 0 ? a.picks.size() : std::min(options.rows, a.picks.size());
  std::string out = fmt::format(
      "{}, policy {}, accuracy on {}\n{} of {} models keep the budget: {}.\n", a.setup, a.policy,
      title_of(options.wanted.on), a.picks.size(), a.models, limits_in_words(options.wanted));
  if (rows > 0) out += "\n" + table(a, rows, letters);
  out += reasons(a, rows, options.wanted.by) + boards_line(a, rows);
  if (!a.near.empty()) {
    out += "\nNearest of those that one limit keeps out:\n";
    for (const NearMiss& n : a.near) out += near_words(n);
  }
  out += "\n";
  if (rows > 0) out += letters_line(edition, letters);
  if (const std::string others = analysis::others_in_words(a.other_setups); !others.empty()) {
    out += others + "\n";
  }
  return out;
}

// --- JSON

ordered_json json(const Pick& o, analysis::By by, const Letters& letters) {
  const analysis::Row& row = *o.row;
  ordered_json j = {{"architecture", row.architecture},
                    {"input_size", row.input_size},
                    {"weights", o.weights.model},
                    {"run", run_or_null(row)},
                    {"top1", or_null(o.weights.top1)},
                    {"top1_origin", "published"},
                    {"energy_j_per_image", or_null(row.energy_j_per_image)},
                    {"energy_origin", row.origin},
                    {"energy_rel", or_null(analysis::own_rel(row, {}))},
                    {"images_per_s", or_null(row.images_per_s)},
                    {"images_per_s_no_interval", analysis::kNoThroughputInterval},
                    {"latency_ms_p99", or_null(row.latency_ms_p99)},
                    {"batch", row.batch ? ordered_json(*row.batch) : ordered_json(nullptr)},
                    {"uncertain", ordered_json::array()},
                    {"letter", nullptr},
                    {"beside_first", nullptr}};
  for (const Limit limit : o.uncertain) j["uncertain"].push_back(name(limit));
  if (const auto found = letters.find(subject(row)); found != letters.end()) {
    j["letter"] = found->second.letters();
  }
  if (o.beside) {
    j["beside_first"] = {{"times_energy", o.beside->times},
                         {"low", o.beside->ci95.low},
                         {"high", o.beside->ci95.high},
                         {"top1_points", or_null(o.beside->points)},
                         {"top1_points_ci95", or_null(o.beside->points_ci95)},
                         {"times_throughput", or_null(o.beside->times_throughput)},
                         {"between_boards_rel", or_null(o.beside->between_boards)},
                         {"why", why_behind(o, by)}};
  }
  return j;
}

ordered_json json(const Answer& a, const ChooseOptions& options, const score::Edition& edition,
                  const Letters& letters) {
  ordered_json picks = ordered_json::array();
  for (const Pick& o : a.picks) picks.push_back(json(o, options.wanted.by, letters));
  ordered_json near = ordered_json::array();
  for (const NearMiss& n : a.near) {
    near.push_back({{"limit", name(n.limit)},
                    {"model", subject(*n.row)},
                    {"energy_origin", n.row->origin},
                    {"weights", n.weights.model},
                    {"value", n.value},
                    {"wanted", n.wanted},
                    {"models_kept_out", n.of}});
  }
  return {{"setup", a.setup},
          {"policy", a.policy},
          {"on", catalogue::test_set(options.wanted.on).column},
          {"budget", limits_in_words(options.wanted)},
          {"edition", edition.name},
          {"edition_is_draft", edition.is_draft},
          {"models", a.models},
          {"picks", std::move(picks)},
          {"near_misses", std::move(near)},
          {"setups_not_used", a.other_setups}};
}

/// Models that were not measured are predicted from the rows of all setups.
Result<OneSetup> rows_of(const ChooseOptions& options, const CommonOptions& common) {
  if (!options.predicted) return rows_to_choose_from(options.setup, options.policy, common);
  return rows_to_analyse(options.setup, common, true).map([](std::vector<analysis::Row> rows) {
    return OneSetup{std::move(rows), {}};
  });
}

}  // namespace

int run_choose(const ChooseOptions& options, const CommonOptions& common) {
  const auto edition = score::edition_named(options.edition, options.policy);
  if (!edition) return report_error(edition.error(), common.json);
  const auto from = rows_of(options, common);
  if (!from) return report_error(from.error(), common.json);
  auto answer = analysis::within_budget(from->rows, options.policy, options.wanted);
  if (!answer) return report_error(answer.error(), common.json);
  std::ranges::copy(from->others, std::back_inserter(answer->other_setups));
  const Letters letters = letters_of(from->rows, *answer, *edition, options.wanted.on);
  return print_and_end(common.json ? pretty(json(*answer, options, *edition, letters))
                                   : text(*answer, options, *edition, letters),
                       common.json);
}

}  // namespace joulemark::cli

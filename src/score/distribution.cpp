#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/text.hpp"
#include "score/analyses.hpp"
#include "score/built_in.hpp"
#include "score/score.hpp"

namespace joulemark::score {
namespace {

using analysis::Outcome;
using analysis::subject;

constexpr std::size_t kFewestToDistribute = 3;

/// Those with an index, the least first.
std::vector<const Scored*> with_index(const Scores& scores) {
  std::vector<const Scored*> models;
  for (const Scored& s : scores.models) {
    if (s.model) models.push_back(&s);
  }
  std::ranges::stable_sort(models, {}, [](const Scored* s) { return s->model->value; });
  return models;
}

std::map<char, std::size_t> by_letter(const std::vector<const Scored*>& models) {
  std::map<char, std::size_t> counts;
  for (const Grade& grade : grades()) counts[grade.letter] = 0;
  for (const Scored* s : models) ++counts[s->model->letter()];
  return counts;
}

void add_columns(Outcome& o) {
  o.columns = {{"model", "", "architecture, and its input size where that is not 224x224"},
               {"kind", "", "CNN, transformer, hybrid, MLP or other"},
               {"family", "", "architectures of one paper"},
               {"weights", "", "those published whose top-1 on ImageNet is highest at this size"},
               {"top1", "%", "their accuracy, published"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"index", "1", "times the energy that the frontier takes for its accuracy"},
               {"index_low", "1", "of its 95 % interval"},
               {"index_high", "1", "of its 95 % interval"},
               {"score", "1", "100 over the index"},
               {"letters", "", "of the index, and those that its interval reaches"},
               {"run", "", "identifier of the measurement"}};
}

void add_rows(Outcome& o, const std::vector<const Scored*>& models) {
  for (const Scored* s : models) {
    const Index& index = *s->model;
    o.rows.push_back({subject(*s->row), s->row->kind, s->row->family, s->weights,
                      analysis::cell(s->top1), *s->row->energy_j_per_image, index.value,
                      index.ci95.low, index.ci95.high, index.score(), index.letters(),
                      s->row->run});
  }
}

void add_values(Outcome& o, const std::vector<const Scored*>& models) {
  std::vector<double> indices;
  for (const Scored* s : models) indices.push_back(s->model->value);
  o.values.push_back(analysis::value_of("median_index", "", "1", *analysis::median(indices), o.n));
  for (const auto& [letter, count] : by_letter(models)) {
    o.values.push_back({"models", std::string(1, letter), "", static_cast<double>(count),
                        std::nullopt, "a count of these models", o.n});
  }
}

void add_sentences(Outcome& o, const std::vector<const Scored*>& models, const Edition& edition) {
  const analysis::Value& middle = o.values.front();
  o.sentences.push_back(fmt::format(
      "The median of {} models takes {} times the energy that the frontier takes for its accuracy.",
      o.n, analysis::with_interval(middle.value, middle.ci95, middle.no_interval)));
  std::vector<std::string> words;
  for (const auto& [letter, count] : by_letter(models)) {
    words.push_back(fmt::format("{} {}", count, letter));
  }
  o.sentences.push_back(fmt::format("Of the letters, {}; of the least index is {} ({}).",
                                    join_words(words), subject(*models.front()->row),
                                    digits(models.front()->model->value)));
  o.caveats.push_back(fmt::format("Letters are of edition {}{}.", edition.name,
                                  edition.is_draft ? ", a draft, and will change" : ""));
  o.caveats.emplace_back(
      "Which models were measured decides about shares: a letter is of a model, not of its place "
      "among these.");
}

/// The share of models that have an index up to each, as one step for each.
void add_figure(Outcome& o, const std::vector<const Scored*>& models) {
  std::vector<const analysis::Row*> rows;
  for (const Scored* s : models) rows.push_back(s->row);
  figure::Figure f =
      analysis::begin_figure(o, rows, "How many times the frontier's energy models take");
  f.x = {"index: energy, times the frontier's at this accuracy", "1", figure::Scale::logarithmic};
  f.y = {"models with this index or less", "%"};
  f.groups = analysis::kinds();
  figure::Line line{"", {}};
  line.steps = true;
  line.weight = figure::Weight::faint;
  const auto n = static_cast<double>(models.size());
  for (std::size_t i = 0; i < models.size(); ++i) {
    const Scored& s = *models[i];
    figure::Mark m{subject(*s.row), s.model->value, 100.0 * static_cast<double>(i + 1) / n};
    m.group = analysis::kind_of(*s.row);
    m.named = i == 0 || i + 1 == models.size();
    m.remark = fmt::format("{}, 95 %: {} to {}", s.model->letters(), digits(s.model->ci95.low),
                           digits(s.model->ci95.high));
    line.places.push_back({m.x, m.y});
    f.marks.push_back(std::move(m));
  }
  f.lines = {std::move(line)};
  const std::span<const Grade> all = grades();
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    f.references.push_back(
        {true, all[i].below, fmt::format("{} | {}", all[i].letter, all[i + 1].letter)});
  }
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> scores_by(const Edition& edition, const analysis::Input& input) {
  auto begun = analysis::begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  if (edition.policy != input.policy) {
    return analysis::too_few(*begun, fmt::format("no edition is of the policy {}.", input.policy));
  }
  const auto scores =
      score_setup(edition, input.rows, begun->outcome.setup, catalogue::TestSet::imagenet);
  if (!scores && scores.error().kind == ErrorKind::invalid_input)
    return tl::unexpected(scores.error());
  const auto models = scores ? with_index(*scores) : std::vector<const Scored*>();
  std::set<const analysis::Row*> has_index;
  for (const Scored* s : models) has_index.insert(s->row);
  analysis::leave_out(begun->chosen, "no_index",
                      "the edition's curve does not reach its accuracy, or not this setup",
                      [&](const analysis::Row& row) { return !has_index.contains(&row); });
  if (models.size() < kFewestToDistribute) {
    return analysis::too_few(*begun,
                             fmt::format("three models with an index are needed, and there {} {}.",
                                         models.size() == 1 ? "is" : "are", models.size()));
  }
  analysis::settle(*begun);
  Outcome& o = begun->outcome;
  add_columns(o);
  add_rows(o, models);
  add_values(o, models);
  add_sentences(o, models, edition);
  add_figure(o, models);
  return std::move(o);
}

Result<Outcome> scores(const analysis::Input& input) {
  const auto edition = edition_named("", input.policy);
  if (!edition) return tl::unexpected(edition.error());
  return scores_by(*edition, input);
}

std::span<const analysis::Analysis> analyses() {
  static const std::vector<analysis::Analysis> kAll = [] {
    const auto without = analysis::analyses();
    std::vector<analysis::Analysis> all(without.begin(), without.end());
    all.push_back(
        {"scores", "Scores", "how models are distributed over the index and its letters", scores});
    return all;
  }();
  return kAll;
}

}  // namespace joulemark::score

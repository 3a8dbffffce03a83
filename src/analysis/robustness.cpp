#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>

#include "analysis/common.hpp"
#include "analysis/correlation.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "analysis/price.hpp"

namespace joulemark::analysis {
namespace {

using catalogue::TestSet;

struct Set {
  TestSet set;
  const char* words;
};
/// ImageNet comes first: the others are compared with it.
constexpr std::array kSets = {
    Set{TestSet::imagenet, "ImageNet"}, Set{TestSet::real, "ReaL"},
    Set{TestSet::v2, "ImageNet-V2"},    Set{TestSet::sketch, "ImageNet-Sketch"},
    Set{TestSet::a, "ImageNet-A"},      Set{TestSet::r, "ImageNet-R"}};
constexpr std::span kOthers = std::span(kSets).subspan(1);

/// What weights are pretrained on that saw no other data.
constexpr const char* kNoOtherData = "in1k";

/// Of the best weights on ImageNet, which have it here.
double top1_on(const Row& row, TestSet set) {
  return best_weights(row)->tested.accuracy(set)->top1;
}

bool lacks_a_set(const Row& row) {
  const Published* best = best_weights(row);
  const auto lacks = [&](const Set& s) { return !best->tested.accuracy(s.set); };
  return best == nullptr || std::ranges::any_of(kSets, lacks);
}

Prices by_top1_on(TestSet set, const std::vector<const Row*>& rows) {
  Prices models;
  for (const Row* row : rows) models.push_back({row, top1_on(*row, set)});
  return models;
}

// --- what a point costs

void add_columns(Outcome& o) {
  o.columns = {{"set", "", "of test images"},
               {"top1_at_least", "%", "accuracy on it that is wanted"},
               {"model", "", "of those on the frontier of this set, the one of least energy"},
               {"weights", "", "those published whose top-1 on ImageNet is highest at this size"},
               {"top1", "%", "their accuracy on the set, published"},
               {"imagenet_top1", "%", "their accuracy on ImageNet"},
               {"energy_j_per_image", "J", "its gross energy per image"}};
  std::ranges::copy(columns_of_prices(), std::back_inserter(o.columns));
  o.columns.push_back({"run", "", "identifier of the measurement"});
}

void add_rows(Outcome& o, const Set& set, const Prices& frontier) {
  for (const PointPrice& price : prices_by_point(frontier)) {
    const Row& row = *price.model->row;
    std::vector<Cell> cells = {
        set.words, price.accuracy,       subject(row), row.best_model, price.model->accuracy,
        *row.top1, price.model->joules()};
    std::ranges::copy(cells_of(price.more), std::back_inserter(cells));
    cells.emplace_back(row.run);
    o.rows.push_back(std::move(cells));
  }
}

/// What one point on this set costs, over the whole of its frontier and at its end.
void add_price(Outcome& o, const Set& set, const Prices& frontier) {
  const Priced& first = frontier.front();
  const Priced& best = frontier.back();
  if (first.accuracy == best.accuracy) {
    o.sentences.push_back(
        fmt::format("On {}, {} has both the best accuracy ({} %) and the least energy, so no point "
                    "has a price.",
                    set.words, subject(*best.row), digits(best.accuracy)));
    return;
  }
  const double points = best.accuracy - first.accuracy;
  const Step all = step(*first.row, *best.row);
  const Interval each{all.joules_ci95.low / points, all.joules_ci95.high / points};
  o.values.push_back({"joules_per_point", set.words, "J", all.joules / points, each, "", 2});
  std::string words = fmt::format(
      "On {}, one point costs {} (95 %: {} to {}) on average along its frontier, from {} ({} %, "
      "{}) "
      "to {} ({} %, {})",
      set.words, joules(all.joules / points), joules(each.low), joules(each.high),
      subject(*first.row), digits(first.accuracy), joules(first.joules()), subject(*best.row),
      digits(best.accuracy), joules(best.joules()));
  if (const auto last = last_point(frontier)) {
    const Step& s = last->step;
    o.values.push_back({"last_point_joules", set.words, "J", s.joules, s.joules_ci95, "", 2});
    o.values.push_back({"last_point_times", set.words, "1", s.times, s.times_ci95, "", 2});
    words += fmt::format("; the last one {} (95 %: {} to {})", joules(s.joules),
                         joules(s.joules_ci95.low), joules(s.joules_ci95.high));
  }
  o.sentences.push_back(words + ".");
}

// --- at equal accuracy on ImageNet

std::vector<const Row*> without_other_data(const std::vector<const Row*>& rows) {
  std::vector<const Row*> out;
  for (const Row* row : rows) {
    if (best_weights(*row)->pretraining == kNoOtherData) out.push_back(row);
  }
  return out;
}

/// Whether models that take more are better on each of the other sets than others of the same top-1
/// on ImageNet.
std::vector<std::optional<Correlation>> at_equal_top1(const std::vector<const Row*>& rows) {
  const auto top1s_on = [&](TestSet set) {
    std::vector<double> top1s;
    for (const Row* row : rows) top1s.push_back(top1_on(*row, set));
    return top1s;
  };
  std::vector<double> energy;
  for (const Row* row : rows) energy.push_back(std::log2(*row->energy_j_per_image));
  std::vector<std::vector<double>> on_sets;
  for (const Set& set : kOthers) on_sets.push_back(top1s_on(set.set));
  return correlate_each_given(on_sets, energy, top1s_on(TestSet::imagenet));
}

/// What a value is about that is of models without other data.
std::string about_alone(const Set& set) {
  return fmt::format("{}, trained on ImageNet-1k alone", set.words);
}

/// "more energy goes with more accuracy: partial Spearman 0.42 (95 %: 0.25 to 0.58), n = 110"
std::string add_partial(Outcome& o, const std::string& about, const std::optional<Correlation>& c,
                        std::size_t n) {
  if (n < kFewestToResample) return fmt::format("too few to say (n = {})", n);
  if (!c) return fmt::format("nothing is left to compare (n = {})", n);
  constexpr const char* kUndrawn = "too many resamples have no coefficient";
  o.values.push_back(
      {"partial_spearman", about, "1", c->value, c->ci95, c->ci95 ? "" : kUndrawn, n});
  const char* verdict = !c->ci95              ? "it cannot be said how energy goes with accuracy"
                        : c->ci95->low > 0.0  ? "more energy goes with more accuracy"
                        : c->ci95->high < 0.0 ? "more energy goes with less accuracy"
                                              : "no relation of energy to accuracy can be told";
  return fmt::format("{}: partial Spearman {}, n = {}", verdict,
                     with_interval(c->value, c->ci95, kUndrawn), n);
}

void add_at_equal_top1(Outcome& o, const std::vector<const Row*>& rows) {
  const std::vector<const Row*> without = without_other_data(rows);
  const auto of_all = at_equal_top1(rows), of_those = at_equal_top1(without);
  for (std::size_t i = 0; i < kOthers.size(); ++i) {
    const Set& set = kOthers[i];
    const std::string all = add_partial(o, set.words, of_all[i], rows.size());
    const std::string alone = add_partial(o, about_alone(set), of_those[i], without.size());
    o.sentences.push_back(fmt::format(
        "On {}, at equal top-1 on ImageNet, {}; of models trained on ImageNet-1k alone, {}.",
        set.words, all, alone));
  }
}

void add_caveats(Outcome& o) {
  o.caveats.emplace_back(
      "Accuracy on every set is that of the weights with the highest top-1 on ImageNet at this "
      "size. "
      "Large models are more often trained on other data, which makes models robust by itself: "
      "hence "
      "the comparison among those without.");
  o.caveats.emplace_back(
      "At equal top-1 means: less the line over its ranks. What top-1 of 50,000 images does not "
      "tell "
      "of a model's accuracy stays, and of so many intervals one in twenty misses by chance. None "
      "of "
      "it tells a cause.");
}

/// A value with its interval, in the last row of the figure.
void add_mark(figure::Figure& f, const Value* value, std::optional<std::size_t> group) {
  if (value == nullptr) return;
  figure::Mark mark{value->about, value->value, static_cast<double>(f.y.categories.size()) - 1.0};
  if (value->ci95) mark.x_range = figure::Range{value->ci95->low, value->ci95->high};
  mark.group = group;
  mark.hollow = group == 1U;
  mark.remark = fmt::format("n = {}", value->n);
  f.marks.push_back(std::move(mark));
}

/// What a point costs on each set, and the partial coefficients: of all models and of those without
/// other data.
void add_figures(Outcome& o, const std::vector<const Row*>& rows) {
  figure::Figure price = begin_figure(o, rows, "What one point of accuracy costs on each set");
  price.x = {"energy per image, more for one point along the frontier of the set", "J"};
  price.y = {"images", ""};
  for (const Set& set : kSets) {
    price.y.categories.emplace_back(set.words);
    add_mark(price, find_value(o, "joules_per_point", set.words), std::nullopt);
  }
  figure::Figure partial =
      begin_figure(o, rows, "Whether more energy buys robustness at equal top-1 on ImageNet");
  partial.part = "at-equal-top1";
  partial.x = {"partial Spearman coefficient of energy and accuracy", "1"};
  partial.y = {"images", ""};
  partial.groups = {"all models", "trained on ImageNet-1k alone"};
  partial.references = {{true, 0.0, "no relation"}};
  for (const Set& set : kOthers) {
    partial.y.categories.emplace_back(set.words);
    add_mark(partial, find_value(o, "partial_spearman", set.words), 0);
    // A row of their own: the intervals of both would lie over each other.
    partial.y.categories.emplace_back("");
    add_mark(partial, find_value(o, "partial_spearman", about_alone(set)), 1);
  }
  for (figure::Figure* f : {&price, &partial}) {
    f->notes.insert(f->notes.begin(), kBarsAre);
    if (!f->marks.empty()) o.figures.push_back(std::move(*f));
  }
}

}  // namespace

Result<Outcome> robustness(const Input& input) {
  auto begun = begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  leave_out(begun->chosen, "no_sets",
            "its best weights were not tested on all sets: ReaL, V2, Sketch, A and R", lacks_a_set);
  const std::vector<const Row*>& rows = begun->chosen.rows;
  if (rows.size() < kFewestToResample) {
    return too_few(*begun,
                   fmt::format("robustness needs {} models that were tested on all sets, and there "
                               "are {}.",
                               kFewestToResample, rows.size()));
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  add_columns(o);
  for (const Set& set : kSets) {
    const auto frontier = frontier_of(by_top1_on(set.set, rows));
    if (!frontier) return tl::unexpected(frontier.error());
    add_rows(o, set, *frontier);
    add_price(o, set, *frontier);
  }
  add_at_equal_top1(o, rows);
  add_caveats(o);
  add_figures(o, rows);
  return std::move(o);
}

}  // namespace joulemark::analysis

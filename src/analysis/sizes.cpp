#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <ranges>
#include <set>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/statistics.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::size_t kFewestSizes = 3;
/// Energy as pixels.
constexpr double kProportional = 1.0;

/// One architecture at several input sizes, by pixels.
using Sizes = std::vector<const Row*>;

double pixels_of(const Row* row) { return *pixels(row->input_size); }

std::map<std::string, Sizes> at_several_sizes(std::vector<const Row*> rows) {
  std::erase_if(rows, [](const Row* row) { return !pixels(row->input_size); });
  auto models = grouped(rows, [](const Row& row) { return row.architecture; });
  std::erase_if(models, [](const auto& m) {
    std::set<double> different;
    for (const Row* row : m.second) different.insert(pixels_of(row));
    return different.size() < kFewestSizes;
  });
  for (auto& [name, sizes] : models) std::ranges::sort(sizes, {}, pixels_of);
  return models;
}

Result<Begun> begin_with_sizes(const Input& input) {
  auto begun =
      begin(input, input.policy, [](const auto& rows) { return at_several_sizes(rows).size(); });
  if (!begun) return begun;
  const auto models = at_several_sizes(begun->chosen.rows);
  leave_out(begun->chosen, "few_input_sizes", "measured at fewer than three input sizes",
            [&](const Row& row) { return !models.contains(row.architecture); });
  return begun;
}

/// Energy goes with pixels to this power: the slope of the logarithms.
Slope exponent_of(const Sizes& sizes) {
  std::vector<double> x, y;
  for (const Row* row : sizes) {
    x.push_back(std::log2(pixels_of(row)));
    y.push_back(std::log2(*row->energy_j_per_image));
  }
  return slope_of(*fit_line(x, y), x.size());
}

/// What larger images do for the accuracy of one set of weights.
struct Gain {
  std::string weights;
  std::map<double, double> top1;  ///< percent, by pixels
  Slope points;                   ///< for twice the pixels
};

/// Of those weights that were tested at most of these sizes, and of them the most accurate. Absent
/// where none were tested at two.
std::optional<Gain> gain_of(const Sizes& sizes) {
  std::map<std::string, std::map<double, catalogue::Evaluation>> tested;
  for (const Row* row : sizes) {
    for (const Published& p : row->weights_tested) tested[p.model][pixels_of(row)] = p.tested;
  }
  std::optional<Gain> best;
  const auto most = [](const Gain& g) { return std::ranges::max(std::views::values(g.top1)); };
  for (const auto& [weights, evaluations] : tested) {
    if (evaluations.size() < 2) continue;
    Gain gain{weights, {}, {}};
    std::vector<double> x, y, half;
    for (const auto& [at, evaluation] : evaluations) {
      const double top1 = evaluation.imagenet().top1;
      gain.top1[at] = top1;
      x.push_back(std::log2(at));
      y.push_back(top1);
      half.push_back(top1_ci95(top1));
    }
    gain.points = *slope_of_known(x, y, half);
    const bool is_better = !best || std::pair(gain.top1.size(), most(gain)) >
                                        std::pair(best->top1.size(), most(*best));
    if (is_better) best = std::move(gain);
  }
  return best;
}

struct OfModel {
  std::string architecture;
  Sizes sizes;
  Slope exponent;
  std::optional<Gain> gain;
};

// --- the outcome

void add_columns(Outcome& o) {
  o.columns = {{"architecture", "", "what was measured"},
               {"input_size", "pixels", "height x width"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"energy_rel", "1", "half width of the 95 % interval beside other sizes, relative"},
               {"batch", "images", "images per inference"},
               {"exponent", "1", "energy goes with pixels to this power"},
               {"exponent_low", "1", "of its 95 % interval"},
               {"exponent_high", "1", "of its 95 % interval"},
               {"weights", "", "those tested at most of these sizes, at two or more"},
               {"imagenet_top1", "%", "theirs at this size, published"},
               {"points_per_doubling", "%", "of top-1, for twice the pixels"},
               {"points_low", "%", "of its 95 % interval"},
               {"points_high", "%", "of its 95 % interval"},
               {"run", "", "identifier of the measurement"}};
}

void add_rows(Outcome& o, const OfModel& m) {
  for (const Row* row : m.sizes) {
    std::vector<Cell> cells = {m.architecture,           row->input_size,
                               *row->energy_j_per_image, rel_of(*row, kSharedBetweenSizes),
                               cell(row->batch),         m.exponent.value,
                               m.exponent.ci95.low,      m.exponent.ci95.high};
    if (m.gain) {
      const auto at = m.gain->top1.find(pixels_of(row));
      cells.emplace_back(m.gain->weights);
      cells.push_back(at == m.gain->top1.end() ? Cell() : Cell(at->second));
      for (const double v :
           {m.gain->points.value, m.gain->points.ci95.low, m.gain->points.ci95.high}) {
        cells.emplace_back(v);
      }
    } else {
      cells.resize(cells.size() + 5);
    }
    cells.emplace_back(row->run);
    o.rows.push_back(std::move(cells));
  }
}

void add_values(Outcome& o, const OfModel& m) {
  o.values.push_back(
      {"exponent", m.architecture, "1", m.exponent.value, m.exponent.ci95, "", m.sizes.size()});
  if (!m.gain) return;
  o.values.push_back({"points_per_doubling", m.gain->weights, "%", m.gain->points.value,
                      m.gain->points.ci95, "", m.gain->top1.size()});
}

/// Whether energy that is proportional to pixels is within this interval, in words.
const char* against_proportional(const Interval& ci95) {
  if (ci95.low > kProportional) return "; that is more than proportional";
  return ci95.high < kProportional ? "; that is less than proportional"
                                   : "; the interval holds 1, which is proportional";
}

void add_energy(Outcome& o, const std::vector<OfModel>& models) {
  std::vector<double> exponents;
  for (const OfModel& m : models) exponents.push_back(m.exponent.value);
  const Median m = *median(exponents);
  const auto [least, most] = std::ranges::minmax(exponents);
  o.values.push_back(value_of("median_exponent", "", "1", m, exponents.size()));
  o.sentences.push_back(fmt::format(
      "Energy goes with pixels to the power {}, in the median of {} that go from {} to {}: twice "
      "the "
      "pixels take {} times the energy{}.",
      with_interval(m.value, m.ci95, kFewerThanSix), count(models.size(), "model", "models"),
      digits(least), digits(most), digits(std::exp2(m.value)),
      m.ci95 ? against_proportional(*m.ci95) : ""));
}

/// Which models are above, below and at 1.
void add_each(Outcome& o, const std::vector<OfModel>& models) {
  std::vector<std::string> more, less;
  std::size_t undecided = 0;
  for (const OfModel& m : models) {
    const std::string words = fmt::format("{} ({})", m.architecture, digits(m.exponent.value));
    if (m.exponent.holds(kProportional)) {
      ++undecided;
    } else {
      (m.exponent.value > kProportional ? more : less).push_back(words);
    }
  }
  const auto counted = [&](const char* name, std::size_t number) {
    o.values.push_back(
        {name, "", "", static_cast<double>(number), {}, "a count of these models", models.size()});
  };
  counted("more_than_proportional", more.size());
  counted("less_than_proportional", less.size());
  counted("perhaps_proportional", undecided);
  std::string text = fmt::format("Of {} the interval of the exponent holds 1.",
                                 count(undecided, "model", "models"));
  if (!more.empty()) text += fmt::format(" The exponent is above 1 for {}.", join_words(more));
  if (!less.empty()) text += fmt::format(" The exponent is below 1 for {}.", join_words(less));
  o.sentences.push_back(text);
}

void add_accuracy(Outcome& o, const std::vector<OfModel>& models) {
  std::vector<double> points;
  for (const OfModel& m : models) {
    if (m.gain) points.push_back(m.gain->points.value);
  }
  const auto middle = median(points);
  if (!middle) {
    o.sentences.emplace_back(
        "No weights were tested at two of these sizes, so nothing can be said of accuracy.");
    return;
  }
  o.values.push_back(value_of("median_points_per_doubling", "", "%", *middle, points.size()));
  const auto [least, most] = std::ranges::minmax(points);
  o.sentences.push_back(
      fmt::format("With twice the pixels the same weights have {} points of top-1 more, in the "
                  "median of {} that "
                  "go from {} to {}.",
                  with_interval(middle->value, middle->ci95, kFewerThanSix),
                  count(points.size(), "model", "models"), digits(least), digits(most)));
  o.caveats.emplace_back(
      "Weights were mostly tested at the size that they were trained at and at a larger one: "
      "beyond "
      "those, accuracy falls. Intervals count the tests as independent; they are of the same "
      "images, "
      "so these are wider than need be.");
}

/// The exponent of each model with its interval, the largest at the top, and their median.
void add_figure(Outcome& o, std::vector<OfModel> models) {
  std::vector<const Row*> rows;
  for (const OfModel& m : models) rows.insert(rows.end(), m.sizes.begin(), m.sizes.end());
  figure::Figure f = begin_figure(o, rows, "How energy goes with the size of the input");
  f.x = {"exponent of energy in pixels", "1"};
  f.y = {"architecture", ""};
  f.groups = kinds();
  std::ranges::stable_sort(models, std::greater{},
                           [](const OfModel& m) { return m.exponent.value; });
  for (const OfModel& m : models) {
    figure::Mark mark{m.architecture, m.exponent.value, static_cast<double>(f.y.categories.size())};
    mark.x_range = figure::Range{m.exponent.ci95.low, m.exponent.ci95.high};
    mark.group = kind_of(*m.sizes.front());
    mark.remark = fmt::format("of {} sizes", m.sizes.size());
    f.y.categories.push_back(m.architecture);
    f.marks.push_back(std::move(mark));
  }
  const Value* median = find_value(o, "median_exponent");
  figure::Mark of_all{"median", median->value, static_cast<double>(f.y.categories.size())};
  if (median->ci95) of_all.x_range = figure::Range{median->ci95->low, median->ci95->high};
  of_all.weight = figure::Weight::strong;
  f.y.categories.emplace_back("median");
  f.strong_means = "median of all";
  f.marks.push_back(std::move(of_all));
  f.references = {{true, kProportional, "proportional"}};
  f.notes.insert(f.notes.begin(), kBarsAre);
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> sizes(const Input& input) {
  auto begun = begin_with_sizes(input);
  if (!begun) return tl::unexpected(begun.error());
  const auto several = at_several_sizes(begun->chosen.rows);
  if (several.empty()) {
    return too_few(*begun, "no model of this setup was measured at three input sizes.");
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  o.n = several.size();
  add_columns(o);
  std::vector<OfModel> models;
  for (const auto& [architecture, of_one] : several) {
    models.push_back({architecture, of_one, exponent_of(of_one), gain_of(of_one)});
    add_rows(o, models.back());
    add_values(o, models.back());
  }
  add_energy(o, models);
  add_each(o, models);
  add_accuracy(o, models);
  add_figure(o, models);
  return std::move(o);
}

}  // namespace joulemark::analysis

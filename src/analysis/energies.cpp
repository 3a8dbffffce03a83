#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::size_t kFewestOfSetup = 3;

/// What the models of one setup take, the least first.
struct Spread {
  std::string setup;
  std::vector<const Row*> rows;
  Median middle;

  const Row& least() const { return *rows.front(); }
  const Row& most() const { return *rows.back(); }
};

/// Takes out those of setups with too few, which are then left out.
Chosen of_enough(std::map<std::string, Chosen> setups) {
  Chosen all;
  for (auto& [setup, chosen] : setups) {
    const bool has_few = chosen.rows.size() < kFewestOfSetup;
    leave_out(chosen, "few_models", "fewer than three models were measured on its setup",
              [&](const Row&) { return has_few; });
    for (LeftOut& l : chosen.left_out) all.left_out.push_back(std::move(l));
    all.rows.insert(all.rows.end(), chosen.rows.begin(), chosen.rows.end());
  }
  merge(all.left_out);
  return all;
}

std::vector<Spread> spreads_of(const std::vector<const Row*>& all) {
  std::vector<Spread> spreads;
  for (auto& [setup, rows] : grouped(all, [](const Row& row) { return row.setup; })) {
    std::vector<const Row*> sorted = rows;
    std::ranges::stable_sort(sorted, {}, [](const Row* row) { return *row->energy_j_per_image; });
    std::vector<double> joules;
    for (const Row* row : sorted) joules.push_back(*row->energy_j_per_image);
    spreads.push_back({setup, std::move(sorted), *median(joules)});
  }
  std::ranges::stable_sort(spreads, {}, [](const Spread& s) { return s.middle.value; });
  return spreads;
}

Value value_of_row(const char* name, const Spread& s, const Row& row) {
  const double joules = *row.energy_j_per_image;
  return {name, s.setup, "J", joules, in_logarithm(joules, rel_of(row, {})), "", s.rows.size()};
}

void add_values(Outcome& o, const Spread& s) {
  o.values.push_back(value_of("median_joules", s.setup, "J", s.middle, s.rows.size()));
  o.values.push_back(value_of_row("least_joules", s, s.least()));
  o.values.push_back(value_of_row("most_joules", s, s.most()));
}

void add_sentence(Outcome& o, const Spread& s) {
  const std::string interval =
      s.middle.ci95
          ? fmt::format("95 %: {} to {}", joules(s.middle.ci95->low), joules(s.middle.ci95->high))
          : kFewerThanSix;
  o.sentences.push_back(fmt::format(
      "On {}, {} models take from {} per image ({}) to {} ({}); the median is {} ({}).", s.setup,
      s.rows.size(), joules(*s.least().energy_j_per_image), subject(s.least()),
      joules(*s.most().energy_j_per_image), subject(s.most()), joules(s.middle.value), interval));
}

void add_rows(Outcome& o, const Spread& s) {
  for (const Row* row : s.rows) {
    const double joules = *row->energy_j_per_image;
    const Interval ci95 = in_logarithm(joules, rel_of(*row, {}));
    o.rows.push_back({s.setup, subject(*row), row->kind, row->family, joules, ci95.low, ci95.high,
                      cell(row->batch), row->run});
  }
}

void add_columns(Outcome& o) {
  o.columns = {{"setup", "", "device, runtime, precision and layout"},
               {"model", "", "architecture, and its input size where that is not 224x224"},
               {"kind", "", "CNN, transformer, hybrid, MLP or other"},
               {"family", "", "architectures of one paper"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"low_j_per_image", "J", "of its 95 % interval, with the systematic term"},
               {"high_j_per_image", "J", "of its 95 % interval, with the systematic term"},
               {"batch", "images", "images per inference"},
               {"run", "", "identifier of the measurement"}};
}

/// All models of one setup, and their median, in one row of the figure.
void add_marks(figure::Figure& f, const Spread& s) {
  const auto at = static_cast<double>(f.y.categories.size());
  f.y.categories.push_back(fmt::format("{} (n = {})", s.setup, s.rows.size()));
  for (const Row* row : s.rows) {
    figure::Mark m{subject(*row), *row->energy_j_per_image, at};
    m.group = kind_of(*row);
    m.named = row == &s.least() || row == &s.most();
    const Interval range = in_logarithm(m.x, rel_of(*row, {}));
    m.remark = fmt::format("95 %: {} to {}", joules(range.low), joules(range.high));
    f.marks.push_back(std::move(m));
  }
  figure::Mark middle{"median", s.middle.value, at};
  if (s.middle.ci95) middle.x_range = figure::Range{s.middle.ci95->low, s.middle.ci95->high};
  middle.weight = figure::Weight::strong;
  f.marks.push_back(std::move(middle));
}

void add_figure(Outcome& o, const std::vector<Spread>& spreads,
                const std::vector<const Row*>& rows) {
  figure::Figure f = begin_figure(o, rows, "What all models take on every setup");
  f.x = energy_axis();
  f.y = {"setups", ""};
  f.groups = kinds();
  f.strong_means = "median with its 95 % interval";
  for (const Spread& s : spreads) add_marks(f, s);
  f.notes.insert(f.notes.begin(), "Each small mark is a model. Named: the least and the most.");
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> energies(const Input& input) {
  auto setups = by_setup(input, choose);
  if (setups.empty()) return tl::unexpected(no_rows());
  Begun begun{of_enough(std::move(setups)), {}};
  Outcome& o = begun.outcome;
  o.policy = input.policy;
  o.of = "measurements";
  if (begun.chosen.rows.empty()) {
    return too_few(begun, "no setup has three models that were measured under this policy.");
  }
  settle(begun);
  add_columns(o);
  const std::vector<Spread> spreads = spreads_of(begun.chosen.rows);
  for (const Spread& s : spreads) {
    add_values(o, s);
    add_sentence(o, s);
    add_rows(o, s);
  }
  if (spreads.size() > 1) {
    o.caveats.emplace_back(
        "Setups have not measured the same models, so their medians are of other choices too: "
        "`runtimes` compares what two of them have both measured.");
  }
  add_figure(o, spreads, begun.chosen.rows);
  return std::move(o);
}

}  // namespace joulemark::analysis

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/common.hpp"
#include "analysis/correlation.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "analysis/paper.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

struct Driver {
  paper::Pearson paper;
  const char* unit_words;
  std::optional<double> Row::* field;
};
constexpr std::array kDrivers = {
    Driver{paper::kParameters, "million", &Row::parameters_m},
    Driver{paper::kGmacs, "", &Row::gmacs},
    Driver{paper::kActivations, "million", &Row::activations_m},
};
constexpr const char* kPaper =
    "0.657, 0.868 and 0.900 are Pearson's coefficients in arXiv 2412.09731, of about 1,200 models "
    "on "
    "an A100 with TensorRT: another device, another runtime, more models.";

/// A change of a coefficient that one model must not make unseen.
constexpr double kMuchInfluence = 0.1;

bool is_positive(const std::optional<double>& v) { return v && std::isfinite(*v) && *v > 0.0; }

std::vector<double> values_of(const std::vector<const Row*>& rows,
                              std::optional<double> Row::* field) {
  std::vector<double> values;
  for (const Row* row : rows) values.push_back(*(row->*field));
  return values;
}

std::vector<double> logs(std::vector<double> values) {
  for (double& v : values) v = std::log2(v);
  return values;
}

struct Measure {
  const char* name;
  const char* words;
  Coefficient coefficient;
  bool of_logs;
};
constexpr std::array kMeasures = {
    Measure{"pearson", "Pearson", pearson, false},
    Measure{"pearson_log", "Pearson of the logarithms", pearson, true},
    Measure{"spearman", "Spearman", static_cast<Coefficient>(spearman), false},
};

/// Of energy with each driver; absent where there is none.
using Coefficients = std::vector<std::optional<Correlation>>;

Coefficients coefficients(const Measure& m, const std::vector<const Row*>& rows) {
  const auto seen_by = [&](std::vector<double> values) {
    return m.of_logs ? logs(std::move(values)) : values;
  };
  std::vector<std::vector<double>> xs;
  for (const Driver& d : kDrivers) xs.push_back(seen_by(values_of(rows, d.field)));
  return correlate_each(m.coefficient, xs, seen_by(values_of(rows, &Row::energy_j_per_image)));
}

/// Adds a coefficient as a value and a row of the table.
void add(Outcome& o, const Driver& driver, const Measure& m, const std::optional<Correlation>& c,
         std::size_t n) {
  const bool is_as_in_paper = !m.of_logs && m.coefficient == static_cast<Coefficient>(pearson);
  std::vector<Cell> cells = {driver.paper.name,
                             m.name,
                             Cell(),
                             Cell(),
                             Cell(),
                             static_cast<std::int64_t>(n),
                             is_as_in_paper ? Cell(driver.paper.value) : Cell()};
  if (c) {
    cells[2] = c->value;
    if (c->ci95) {
      cells[3] = c->ci95->low;
      cells[4] = c->ci95->high;
    }
    o.values.push_back({m.name, driver.paper.name, "1", c->value, c->ci95,
                        c->ci95 ? "" : "too many resamples have no coefficient", n});
  }
  o.rows.push_back(std::move(cells));
}

/// Energy goes with the driver to this power: the slope of the line that it returns.
std::optional<Line> add_exponent(Outcome& o, const Driver& driver, const std::vector<double>& x,
                                 const std::vector<double>& y) {
  const auto line = fit_line(logs(x), logs(y));
  if (!line) return line;
  const Interval ci95 = slope_of(*line, x.size()).ci95;
  o.values.push_back({"exponent", driver.paper.name, "1", line->slope, ci95, "", x.size()});
  o.rows.push_back({driver.paper.name, "exponent", line->slope, ci95.low, ci95.high,
                    static_cast<std::int64_t>(x.size()), Cell()});
  return line;
}

/// "Spearman 0.94 (95 %: 0.92 to 0.97), ": a value that was just added.
std::string in_words(const Outcome& o, const Driver& driver, const char* name, const char* words) {
  const Value* v = find_value(o, name, driver.paper.name);
  if (v == nullptr) return "";
  return fmt::format("{} {}, ", words, with_interval(v->value, v->ci95, v->no_interval));
}

/// The line is of binary logarithms.
void add_figure(Outcome& o, const Driver& driver, const std::vector<const Row*>& rows,
                const Line& line) {
  figure::Figure f = begin_figure(o, rows, fmt::format("Energy against {}", driver.paper.words));
  f.part = driver.paper.name;
  f.subtitle = in_words(o, driver, "spearman", "Spearman") +
               in_words(o, driver, "exponent", "exponent") + f.subtitle;
  f.x = {driver.paper.words, driver.unit_words, figure::Scale::logarithmic};
  f.y = energy_axis();
  f.groups = kinds();
  const auto fitted = [&](double x) {
    return std::exp2(line.intercept + line.slope * std::log2(x));
  };
  std::vector<double> off;
  for (const Row* row : rows) {
    figure::Mark m{subject(*row), *(row->*driver.field), *row->energy_j_per_image};
    m.y_range = range_of(m.y, rel_of(*row, kSharedBetweenModels));
    m.group = kind_of(*row);
    m.remark = fmt::format("{} times the line", digits(m.y / fitted(m.x)));
    off.push_back(std::abs(std::log(m.y / fitted(m.x))));
    f.marks.push_back(std::move(m));
  }
  name_farthest(f.marks, off);
  const figure::Range x = figure::extent(f, true);
  f.lines = {{"fitted line, whose slope is the exponent",
              {{x.low, fitted(x.low)}, {x.high, fitted(x.high)}}}};
  f.notes.insert(f.notes.begin(), {kBarsBesideModels, "Named: farthest off the line."});
  o.figures.push_back(std::move(f));
}

/// `by_measure` are the coefficients of each measure.
void add_driver(Outcome& o, std::size_t which, const std::vector<Coefficients>& by_measure,
                const std::vector<const Row*>& rows) {
  const Driver& driver = kDrivers[which];
  const std::vector<double> x = values_of(rows, driver.field);
  const std::vector<double> y = values_of(rows, &Row::energy_j_per_image);
  std::string words;
  for (std::size_t m = 0; m < kMeasures.size(); ++m) {
    const std::optional<Correlation>& c = by_measure[m][which];
    add(o, driver, kMeasures[m], c, x.size());
    if (!c) continue;
    words += fmt::format("{}{} {}", words.empty() ? "" : "; ", kMeasures[m].words,
                         with_interval(c->value, c->ci95));
  }
  const auto line = words.empty() ? std::nullopt : add_exponent(o, driver, x, y);
  if (line) add_figure(o, driver, rows, *line);
  o.sentences.push_back(
      words.empty() ? fmt::format("Energy with {}: no coefficient, because all values are equal.",
                                  driver.paper.words)
                    : fmt::format("Energy with {} (n = {}): {}; the paper has Pearson {}.",
                                  driver.paper.words, x.size(), words, digits(driver.paper.value)));
}

void add_drivers(Outcome& o, const std::vector<const Row*>& rows) {
  std::vector<Coefficients> by_measure;
  for (const Measure& m : kMeasures) by_measure.push_back(coefficients(m, rows));
  for (std::size_t i = 0; i < kDrivers.size(); ++i) add_driver(o, i, by_measure, rows);
}

/// Pearson's coefficient of raw values can hang on one extreme model. Names the one without which
/// it would change most, where that is much.
void add_influence(Outcome& o, const Driver& driver, const std::vector<const Row*>& rows) {
  const auto with_all =
      pearson(values_of(rows, driver.field), values_of(rows, &Row::energy_j_per_image));
  if (!with_all) return;
  double largest = kMuchInfluence;
  std::string words;
  for (const Row* out : rows) {
    std::vector<const Row*> rest = rows;
    std::erase(rest, out);
    const auto without =
        pearson(values_of(rest, driver.field), values_of(rest, &Row::energy_j_per_image));
    if (!without || std::abs(*without - *with_all) < largest) continue;
    largest = std::abs(*without - *with_all);
    words = fmt::format("Without {}, Pearson with {} would be {}, and not {}.", subject(*out),
                        driver.paper.words, digits(*without), digits(*with_all));
  }
  if (!words.empty()) o.caveats.push_back(words);
}

/// Whether the points tell activations from GMACs: the difference of their rank correlations, drawn
/// from the same resamples.
void add_difference(Outcome& o, const std::vector<const Row*>& rows) {
  const auto difference =
      spearman_difference(values_of(rows, &Row::activations_m), values_of(rows, &Row::gmacs),
                          values_of(rows, &Row::energy_j_per_image));
  if (!difference || !difference->ci95) return;
  const Interval ci95 = *difference->ci95;
  o.values.push_back({"spearman_difference", "activations less gmacs", "1", difference->value, ci95,
                      "", rows.size()});
  const char* better = ci95.low > 0.0    ? "activations rank models better"
                       : ci95.high < 0.0 ? "GMACs rank models better"
                                         : "these models do not tell which ranks them better";
  o.sentences.push_back(fmt::format("Spearman with activations less that with GMACs is {}: {}.",
                                    with_interval(difference->value, ci95), better));
}

}  // namespace

Result<Outcome> drivers(const Input& input) {
  auto begun = begin(input);
  if (!begun) return tl::unexpected(begun.error());
  leave_out(begun->chosen, "no_counts",
            "parameters, GMACs or activations of this network at this size are not published",
            [](const Row& row) {
              return std::ranges::any_of(
                  kDrivers, [&](const Driver& d) { return !is_positive(row.*d.field); });
            });
  const std::vector<const Row*>& rows = begun->chosen.rows;
  if (rows.size() < kFewestToResample) {
    return too_few(
        *begun,
        fmt::format("a correlation needs {} models with energy and counts, and there are {}.",
                    kFewestToResample, rows.size()));
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  o.columns = {{"driver", "", "parameters (1e6), gmacs (1e9) or activations (1e6)"},
               {"measure", "",
                "pearson, pearson_log, spearman, or exponent: energy goes with the "
                "driver to this power"},
               {"value", "1", "the coefficient; empty where all values are equal"},
               {"low", "1", "of its 95 % interval: bootstrap; of exponents Student's t"},
               {"high", "1", "of the same"},
               {"n", "", "models"},
               {"paper", "1", "the same in arXiv 2412.09731"}};
  add_drivers(o, rows);
  add_difference(o, rows);
  for (const Driver& driver : kDrivers) add_influence(o, driver, rows);
  if (o.values.empty()) {
    return too_few(o, "all models have the same energy or the same counts.");
  }
  o.caveats.emplace_back(kPaper);
  return std::move(o);
}

}  // namespace joulemark::analysis

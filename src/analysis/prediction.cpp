#include <fmt/format.h>

#include <cmath>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "analysis/predict.hpp"

namespace joulemark::analysis {
namespace {

/// Which published figures a prediction starts from, and what is left out when it is judged.
struct Trial {
  const char* about;
  const char* from;
  const char* of;
  bool with_speeds;
  std::optional<Errors> (Predictor::*errors)(bool) const;
};
constexpr const char* kFromSpeeds = "counts and published speeds";
constexpr const char* kFromCounts = "counts alone";
constexpr const char* kNewFamily = "a model whose whole family is left out";
constexpr const char* kTenth = "one in ten left out";
constexpr Trial kTrials[] = {
    {"speeds, by family", kFromSpeeds, kNewFamily, true, &Predictor::without_family},
    {"speeds, by tenths", kFromSpeeds, kTenth, true, &Predictor::without_tenth},
    {"counts, by family", kFromCounts, kNewFamily, false, &Predictor::without_family},
    {"counts, by tenths", kFromCounts, kTenth, false, &Predictor::without_tenth},
};

/// "7.26 (95 %: 5.17 to 9.83) %"
std::string in_percent(const Median& share) {
  const Interval ci95{100.0 * share.ci95->low, 100.0 * share.ci95->high};
  return with_interval(100.0 * share.value, ci95) + " %";
}

void add_trial(Outcome& o, const Trial& trial, const Errors& e) {
  const std::size_t n = e.models.size();
  const Median error = *median(e.relative());  // of kFewestToLearn, so with an interval
  const Interval covered = share_ci95(e.inside_90, n);
  o.values.push_back({"median_error", trial.about, "1", error.value, error.ci95, "", n});
  o.values.push_back(
      {"times_90", trial.about, "1", e.times_90(), {}, "a quantile of these errors themselves", n});
  o.values.push_back({"covered_90", trial.about, "1", e.covered_90(), covered, "", n});
  o.sentences.push_back(
      fmt::format("From {}, {} (n = {}): the median error is {}; 90 % are within a factor of {}; "
                  "the 90 % interval held {} (95 %: {} to {}).",
                  trial.from, trial.of, n, in_percent(error), digits(e.times_90()),
                  percent(e.covered_90()), percent(covered.low), percent(covered.high)));
}

void add_rows(Outcome& o, const Errors& e) {
  o.columns = {{"model", "", "architecture, with its size where that is not 224"},
               {"family", "", "left out whole when this model was predicted"},
               {"kind", "", "CNN, transformer, hybrid, MLP or other"},
               {"energy_j_per_image", "J", "measured"},
               {"predicted_j_per_image", "J", "without its family"},
               {"measured_over_predicted", "1", "their ratio"}};
  for (std::size_t i = 0; i < e.models.size(); ++i) {
    const Row& row = *e.models[i];
    const double times = std::exp2(e.residuals[i]);
    o.rows.push_back({subject(row), row.family, row.kind, *row.energy_j_per_image,
                      *row.energy_j_per_image / times, times});
  }
}

void add_figure(Outcome& o, const Trial& trial, const Errors& e) {
  figure::Figure f = begin_figure(
      o, e.models, "Measured against predicted energy",
      fmt::format("n = {} models, predicted from {} ({})", e.models.size(), trial.from, trial.of));
  f.x = energy_axis();
  f.x.label = "predicted energy per image";
  f.y = energy_axis();
  f.y.label = "measured energy per image";
  f.groups = kinds();
  std::vector<double> off;
  for (std::size_t i = 0; i < e.models.size(); ++i) {
    const Row& row = *e.models[i];
    const double times = std::exp2(e.residuals[i]);
    figure::Mark m{subject(row), *row.energy_j_per_image / times, *row.energy_j_per_image};
    m.y_range = range_of(m.y, rel_of(row, kSharedBetweenModels));
    m.group = kind_of(row);
    m.remark = fmt::format("measured: {} times what was predicted", digits(times));
    off.push_back(std::abs(e.residuals[i]));
    f.marks.push_back(std::move(m));
  }
  name_farthest(f.marks, off);
  const figure::Range x = figure::extent(f, true);
  const double times = e.times_90();
  f.lines = {{"as predicted", {{x.low, x.low}, {x.high, x.high}}}};
  f.bands = {
      {fmt::format("within a factor of {}, as 90 % of the models are", digits(times)),
       {{x.low, {x.low / times, x.low * times}}, {x.high, {x.high / times, x.high * times}}}}};
  f.notes.insert(f.notes.begin(), {kBarsBesideModels, "Named: farthest off."});
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> prediction(const Input& input) {
  auto begun = begin(input);
  if (!begun) return tl::unexpected(begun.error());
  const Predictor predictor(begun->chosen.rows);
  settle(*begun);
  Outcome& o = begun->outcome;
  for (const Trial& trial : kTrials) {
    const auto errors = (predictor.*trial.errors)(trial.with_speeds);
    if (!errors) continue;
    add_trial(o, trial, *errors);
    if (!o.rows.empty()) continue;
    add_rows(o, *errors);
    add_figure(o, trial, *errors);
  }
  if (o.values.empty()) {
    return too_few(o, fmt::format("a prediction needs {} models with energy and published counts.",
                                  kFewestToLearn));
  }
  o.caveats.emplace_back(
      "A model with features beyond those of all measured ones is predicted by drawing lines on, "
      "which these errors do not judge; it is marked where it is shown.");
  return std::move(o);
}

}  // namespace joulemark::analysis

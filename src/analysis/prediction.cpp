#include <fmt/format.h>

#include <cmath>

#include "analysis/common.hpp"
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

void add_trial(Outcome& o, const Trial& trial, const Errors& e) {
  std::vector<double> relative;
  for (const double r : e.residuals) relative.push_back(std::abs(std::exp2(-r) - 1.0));
  const std::size_t n = relative.size();
  const auto middle = median(relative);
  const auto inside = static_cast<std::size_t>(std::lround(e.covered_90 * static_cast<double>(n)));
  const Interval covered = share_ci95(inside, n);
  o.values.push_back({"median_error", trial.about, "1", middle->value, middle->ci95,
                      middle->ci95 ? "" : kFewerThanTen, n});
  o.values.push_back(
      {"times_90", trial.about, "1", e.times_90, {}, "a quantile of these errors themselves", n});
  o.values.push_back({"covered_90", trial.about, "1", e.covered_90, covered, "", n});
  o.sentences.push_back(fmt::format(
      "From {}, {} (n = {}): the median error is {} %; 90 % are within a factor of {}; "
      "the 90 % interval held {} (95 %: {} to {}).",
      trial.from, trial.of, n,
      [&] {
        const auto hundred = [](double v) { return 100.0 * v; };
        if (!middle->ci95) return digits(hundred(middle->value));
        return fmt::format("{} (95 %: {} to {})", digits(hundred(middle->value)),
                           digits(hundred(middle->ci95->low)), digits(hundred(middle->ci95->high)));
      }(),
      digits(e.times_90), percent(e.covered_90), percent(covered.low), percent(covered.high)));
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
    if (o.rows.empty()) add_rows(o, *errors);
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

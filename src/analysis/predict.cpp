#include "analysis/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "analysis/ridge.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// GMACs, activations and parameters; then the speeds, in the order of catalogue::benchmarks().
constexpr std::size_t kCountsOf = 3;
constexpr std::size_t kFeatures = kCountsOf + catalogue::kBenchmarks;
using Known = std::array<std::optional<double>, kFeatures>;

/// One bit for each feature.
using Pattern = unsigned;
constexpr Pattern kCounts = (1U << kCountsOf) - 1U;
constexpr Pattern kAll = (1U << kFeatures) - 1U;

/// What is published of a model, but for values that cannot be.
Known known(const Row& row) {
  Known known = {row.gmacs, row.activations_m, row.parameters_m};
  std::ranges::copy(row.published_speeds, known.begin() + kCountsOf);
  for (auto& value : known) {
    if (value && (!std::isfinite(*value) || *value <= 0.0)) value.reset();
  }
  return known;
}

Pattern pattern_of(const Row& row) {
  const Known values = known(row);
  Pattern pattern = 0;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (values[i]) pattern |= 1U << i;
  }
  return pattern;
}

std::vector<double> values_of(const Row& row, Pattern pattern) {
  const Known all = known(row);
  std::vector<double> values;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if ((pattern >> i & 1U) != 0) values.push_back(std::log2(*all[i]));
  }
  return values;
}

/// A family of its own where none is known: nothing is known to be like it.
std::string family_of(const Row& row) {
  return row.family.empty() ? "architecture " + row.architecture : row.family;
}

/// The half width that holds the share `level` of exchangeable residuals, the next one included
/// (split conformal prediction: Vovk, Gammerman and Shafer 2005). Infinite for too few.
double conformal(std::vector<double> residuals, double level) {
  for (double& r : residuals) r = std::abs(r);
  std::ranges::sort(residuals);
  const auto rank =
      static_cast<std::size_t>(std::ceil((static_cast<double>(residuals.size()) + 1.0) * level));
  if (rank > residuals.size()) return std::numeric_limits<double>::infinity();
  return residuals[rank - 1];
}

/// How many are inside the interval that the residuals of other groups give.
std::size_t inside_90(const std::vector<double>& residuals,
                      const std::vector<std::string>& groups) {
  std::size_t inside = 0;
  std::map<std::string, double> widths;
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    const auto [at, is_new] = widths.emplace(groups[i], 0.0);
    if (is_new) {
      std::vector<double> others;
      for (std::size_t j = 0; j < residuals.size(); ++j) {
        if (groups[j] != groups[i]) others.push_back(residuals[j]);
      }
      at->second = conformal(std::move(others), 0.90);
    }
    if (std::abs(residuals[i]) <= at->second) ++inside;
  }
  return inside;
}

std::vector<std::string> families(const std::vector<const Row*>& rows) {
  std::vector<std::string> names;
  for (const Row* row : rows) names.push_back(family_of(*row));
  return names;
}

/// Every tenth in the order of names, from each of ten beginnings.
std::vector<std::string> tenths(const std::vector<const Row*>& rows) {
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::tie(rows[i]->architecture, rows[i]->input_size);
  });
  std::vector<std::string> names(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) names[order[i]] = std::to_string(i % 10);
  return names;
}

}  // namespace

std::vector<double> Errors::relative() const {
  std::vector<double> errors;
  for (const double r : residuals) errors.push_back(std::abs(std::exp2(-r) - 1.0));
  return errors;
}

double Errors::median() const { return *quantile(relative(), 0.5); }

double Errors::times_90() const {
  std::vector<double> magnitudes;
  for (const double r : residuals) magnitudes.push_back(std::abs(r));
  return std::exp2(*quantile(magnitudes, 0.9));
}

double Errors::covered_90() const {
  return static_cast<double>(inside_90) / static_cast<double>(residuals.size());
}

/// From the models that have all features of a pattern.
struct Predictor::Learned {
  std::vector<const Row*> rows;
  Features x;
  std::vector<double> y;
  std::vector<double> without_family;  ///< what a fit without the model's family leaves
  Ridge fit;
  std::vector<double> least, most;  ///< of each feature
  double rel_90 = 0.0, rel_95 = 0.0;

  void add(const Row& row, Pattern pattern) {
    std::vector<double> values = values_of(row, pattern);
    if (rows.empty()) least = most = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      least[i] = std::min(least[i], values[i]);
      most[i] = std::max(most[i], values[i]);
    }
    rows.push_back(&row);
    x.push_back(std::move(values));
    y.push_back(std::log2(*row.energy_j_per_image));
  }
};

Predictor::Predictor(std::vector<const Row*> measured) : measured_(std::move(measured)) {}
Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

const Predictor::Learned* Predictor::learned(unsigned pattern) const {
  const auto [at, is_new] = by_pattern_.emplace(pattern, nullptr);
  if (!is_new) return at->second.get();
  Learned l;
  for (const Row* row : measured_) {
    if ((pattern_of(*row) & pattern) == pattern) l.add(*row, pattern);
  }
  if (pattern == 0 || l.rows.size() < kFewestToLearn) return nullptr;
  const auto fit = fit_ridge(l.x, l.y);
  l.without_family = residuals_without_group(l.x, l.y, families(l.rows));
  if (!fit || l.without_family.empty()) return nullptr;
  l.fit = *fit;
  l.rel_90 = conformal(l.without_family, 0.90) * std::numbers::ln2;
  l.rel_95 = conformal(l.without_family, 0.95) * std::numbers::ln2;
  at->second = std::make_unique<Learned>(std::move(l));
  return at->second.get();
}

Result<Prediction> Predictor::predict(const Row& model) const {
  const Pattern all = pattern_of(model);
  for (const Pattern pattern : {all, all & kCounts}) {
    const Learned* l = learned(pattern);
    if (l == nullptr) continue;
    const std::vector<double> values = values_of(model, pattern);
    Prediction p;
    p.joules = std::exp2(l->fit.at(values));
    p.rel_90 = l->rel_90;
    p.rel_95 = l->rel_95;
    p.n = l->rows.size();
    p.has_speeds = (pattern & ~kCounts) != 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      p.is_beyond = p.is_beyond || values[i] < l->least[i] || values[i] > l->most[i];
    }
    return p;
  }
  return fail(ErrorKind::not_found,
              fmt::format("the energy of {} cannot be predicted: {}", subject(model),
                          all == 0 ? "nothing is published that it goes with"
                                   : fmt::format("fewer than {} measured models have what is "
                                                 "published of it",
                                                 kFewestToLearn)),
              "Measure it, or more models: joulemark measure MODEL");
}

std::optional<Errors> Predictor::without_family(bool with_speeds) const {
  const Learned* l = learned(with_speeds ? kAll : kCounts);
  if (l == nullptr) return std::nullopt;
  return Errors{l->rows, l->without_family, inside_90(l->without_family, families(l->rows))};
}

std::optional<Errors> Predictor::without_tenth(bool with_speeds) const {
  const Learned* l = learned(with_speeds ? kAll : kCounts);
  if (l == nullptr) return std::nullopt;
  const auto groups = tenths(l->rows);
  auto residuals = residuals_without_group(l->x, l->y, groups);
  const std::size_t inside = inside_90(residuals, groups);
  return Errors{l->rows, std::move(residuals), inside};
}

}  // namespace joulemark::analysis

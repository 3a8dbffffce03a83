#include "analysis/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analysis/ridge.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

template <std::size_t Place>
std::optional<double> speed(const Row& row) {
  return row.published_speeds[Place];
}

constexpr std::array kFeatures = {
    Feature{"gmacs", [](const Row& r) { return r.gmacs; }, true},
    Feature{"activations", [](const Row& r) { return r.activations_m; }, true},
    Feature{"parameters", [](const Row& r) { return r.parameters_m; }, true},
    Feature{"rtx3090_nchw", speed<0>, false},
    Feature{"rtx3090_nhwc", speed<1>, false},
    Feature{"rtx4090_nchw", speed<2>, false},
    Feature{"rtx4090_nhwc", speed<3>, false},
    Feature{"rtx4090_nchw_compiled", speed<4>, false},
    Feature{"rtx5090_nchw", speed<5>, false},
    Feature{"rtx5090_nchw_compiled", speed<6>, false},
    Feature{"pro6000_nchw", speed<7>, false},
    Feature{"pro6000_nchw_compiled", speed<8>, false},
};
static_assert(kFeatures.size() == 3 + catalogue::kBenchmarks);

/// One bit for each feature.
using Pattern = unsigned;
constexpr Pattern kCounts = 0b111;
constexpr Pattern kAll = (1U << kFeatures.size()) - 1U;

std::optional<double> known(const Feature& feature, const Row& row) {
  const auto value = feature.of(row);
  return value && std::isfinite(*value) && *value > 0.0 ? value : std::nullopt;
}

Pattern pattern_of(const Row& row) {
  Pattern pattern = 0;
  for (std::size_t i = 0; i < kFeatures.size(); ++i) {
    if (known(kFeatures[i], row)) pattern |= 1U << i;
  }
  return pattern;
}

std::vector<double> values_of(const Row& row, Pattern pattern) {
  std::vector<double> values;
  for (std::size_t i = 0; i < kFeatures.size(); ++i) {
    if ((pattern >> i & 1U) != 0) values.push_back(std::log2(*known(kFeatures[i], row)));
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

/// Of each group, whether its residuals are inside the interval that the others give.
double covered(const std::vector<double>& residuals, const std::vector<std::string>& groups) {
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
  return static_cast<double>(inside) / static_cast<double>(residuals.size());
}

Errors errors_of(std::vector<double> residuals, const std::vector<std::string>& groups) {
  Errors e;
  std::vector<double> relative, magnitudes;
  for (const double r : residuals) {
    relative.push_back(std::abs(std::exp2(-r) - 1.0));
    magnitudes.push_back(std::abs(r));
  }
  e.median = *quantile(relative, 0.5);
  e.times_90 = std::exp2(*quantile(magnitudes, 0.9));
  e.covered_90 = covered(residuals, groups);
  e.residuals = std::move(residuals);
  return e;
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

std::span<const Feature> features() { return kFeatures; }

/// From the models that have all features of a pattern.
struct Predictor::Learned {
  std::vector<const Row*> rows;
  Features x;
  std::vector<double> y;
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
  const auto residuals = residuals_without_group(l.x, l.y, families(l.rows));
  if (!fit || residuals.empty()) return nullptr;
  l.fit = *fit;
  l.rel_90 = conformal(residuals, 0.90) * std::log(2.0);
  l.rel_95 = conformal(residuals, 0.95) * std::log(2.0);
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

std::optional<Errors> Predictor::left_out(bool with_speeds, Groups groups_of) const {
  const Learned* l = learned(with_speeds ? kAll : kCounts);
  if (l == nullptr) return std::nullopt;
  const auto groups = groups_of(l->rows);
  Errors e = errors_of(residuals_without_group(l->x, l->y, groups), groups);
  e.models = l->rows;
  return e;
}

std::optional<Errors> Predictor::without_family(bool with_speeds) const {
  return left_out(with_speeds, families);
}

std::optional<Errors> Predictor::without_tenth(bool with_speeds) const {
  return left_out(with_speeds, tenths);
}

}  // namespace joulemark::analysis

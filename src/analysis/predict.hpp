#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/row.hpp"
#include "base/result.hpp"

/// The energy of models that nobody has measured, from those that were: docs/analysis.md,
/// "prediction". A measured value always wins; what is predicted says so.
namespace joulemark::analysis {

/// Fewest measured models to learn from: with fewer no 95 % interval is found (20 residuals put it
/// at the largest of them).
inline constexpr std::size_t kFewestToLearn = 20;

/// How well models are predicted that were left out of the learning. There is one at least.
struct Errors {
  std::vector<const Row*> models;
  std::vector<double> residuals;  ///< binary logarithm of measured over predicted, for each model
  std::size_t inside_90 = 0;      ///< models inside the 90 % interval that the others give

  std::vector<double> relative() const;  ///< |predicted / measured - 1|
  double median() const;                 ///< of those
  double times_90() const;               ///< 90 % of the models are within a factor of this
  double covered_90() const;             ///< share of models inside
};

struct Prediction {
  double joules = 0.0;  ///< for one image
  double rel_90 = 0.0;  ///< half width of the 90 % interval of its logarithm (natural)
  double rel_95 = 0.0;
  std::size_t n = 0;       ///< models that it was learned from
  bool is_beyond = false;  ///< some feature is outside of what those models have
  bool has_speeds = false;
};

/// Learns log energy from the logarithms of whichever features a model has, once for each set of
/// features that is asked for. Of one setup and policy.
class Predictor {
 public:
  /// Rows that are fit (analysis::choose), each architecture and size once. They are kept by
  /// reference.
  explicit Predictor(std::vector<const Row*> measured);
  ~Predictor();
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  /// Of a row whose energy is not looked at. Error: not_found, in words, where too few measured
  /// models have the features that this one has.
  Result<Prediction> predict(const Row& model) const;

  /// Models left out with their whole family, so that nothing like them was seen.
  /// `with_speeds` false: counts alone. Absent where too few have the features.
  std::optional<Errors> without_family(bool with_speeds) const;
  /// Left out ten percent at a time, so that most have relatives among the others.
  std::optional<Errors> without_tenth(bool with_speeds) const;

 private:
  struct Learned;
  const Learned* learned(unsigned pattern) const;

  std::vector<const Row*> measured_;
  mutable std::map<unsigned, std::unique_ptr<Learned>> by_pattern_;  ///< null: too few
};

}  // namespace joulemark::analysis

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace joulemark::analysis {

/// One row of features for each observation, all of the same length.
using Features = std::vector<std::vector<double>>;

/// A linear regression that holds together where features say nearly the same (a model's speeds on
/// several machines): least squares with a penalty on the squares of the coefficients of
/// standardised features (Hoerl and Kennard 1970). The intercept has none. Of kPenalties, that
/// penalty is taken whose generalised cross-validation is least (Golub, Heath and Wahba 1979).
struct Ridge {
  double penalty = 0.0;
  double intercept = 0.0;
  std::vector<double> coefficients;  ///< of the features as they are

  double at(std::span<const double> features) const;
};

inline constexpr double kPenalties[] = {0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0};

/// Absent for fewer than three observations, for values that are not finite, and where all
/// observations or all of the features are the same.
std::optional<Ridge> fit_ridge(const Features& x, std::span<const double> y);

/// What a fit without an observation's group leaves of it: the observation less what is predicted
/// for it, in the order given. The penalty and the scale of features are those of all. Exact, and
/// without a fit for each group: (I - H_gg)^-1 times the residuals, where H is what makes
/// predictions of observations. Empty where fit_ridge is absent, and for a single group.
std::vector<double> residuals_without_group(const Features& x, std::span<const double> y,
                                            std::span<const std::string> groups);

}  // namespace joulemark::analysis

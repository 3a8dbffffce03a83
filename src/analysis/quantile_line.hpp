#pragma once

#include <optional>
#include <span>

namespace joulemark::analysis {

/// A line that the share q of points is below: it makes the pinball loss least, the sum of
/// q * residual above the line and of (1 - q) * -residual below it (Koenker and Bassett 1978).
struct QuantileLine {
  double intercept = 0.0;
  double slope = 0.0;
  double loss = 0.0;
};

/// Exact, but for rounding: a best line goes through two of the points, and from pair to pair only
/// better ones are taken. Absent for fewer than three points, for values that are not finite, and
/// where all x are equal. 0 < q < 1.
std::optional<QuantileLine> fit_quantile_line(std::span<const double> x, std::span<const double> y,
                                              double q);

}  // namespace joulemark::analysis

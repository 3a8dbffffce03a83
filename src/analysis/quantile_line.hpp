#pragma once

#include <optional>
#include <span>
#include <vector>

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

/// Where a point is thought to lie: far above or below the best line, or near it.
enum class Side : signed char { below, near, above };

/// Points of which each counts `times`, above 0; all four of one length.
struct TimedPoints {
  std::vector<double> x, y, times;
  std::vector<Side> sides;
  std::size_t start = 0;  ///< a point that the line is thought to pass close by
};

/// The same line of such points. Those thought to be far count as one sum for each side (Portnoy
/// and Koenker 1997; for draws of the same points: Chernozhukov, Fernandez-Val and Melly 2020),
/// which takes a fraction of the time. Those that the line leaves on another side are near from
/// then on, which `sides` says afterwards, and it is sought again.
std::optional<QuantileLine> fit_quantile_line(TimedPoints& all, double q);

}  // namespace joulemark::analysis

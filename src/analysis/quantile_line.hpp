#pragma once

#include <array>
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

/// The same line of points that stay while their x change little by little, as they do where a
/// parameter of x is looked for. The last line says where the next one will be: it is sought from
/// the same two points, and only among the points near it. Those far away pull at the line as one
/// sum (Portnoy and Koenker 1997; for draws of the same points: Chernozhukov, Fernandez-Val and
/// Melly 2020); any that the line found leaves on another side is near from then on, and it is
/// sought again. So each line is exact, too, and takes a fraction of the time.
class QuantileLines {
 public:
  /// Each point counts `times`, above 0; of one length with y.
  QuantileLines(std::vector<double> y, std::vector<double> times, double q);

  /// Says, instead of a last line, where the first will be.
  void expect(std::span<const double> x, const QuantileLine& line);

  std::optional<QuantileLine> fit(std::span<const double> x);

 private:
  void look_at_all();
  void look_near(std::span<const double> x, const QuantileLine& line);
  void look_at(std::size_t point);
  bool look_at_wrong_sides(std::span<const double> x, const QuantileLine& line);
  std::optional<QuantileLine> best_of_near(std::span<const double> x);

  std::vector<double> y_, times_;
  double q_;
  /// What a point far away pulls at the line with: times * q above it, times * (q - 1) below. 0 for
  /// a near one.
  std::vector<double> pull_;
  std::vector<std::size_t> near_;
  std::optional<double> nearness_;  ///< points so near an expected line are near
  std::array<std::size_t, 2>
      through_{};  ///< points that the next line may go through; or one, twice
};

}  // namespace joulemark::analysis

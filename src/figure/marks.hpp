#pragma once

#include <array>
#include <vector>

#include "figure/figure.hpp"
#include "figure/frame.hpp"
#include "figure/labels.hpp"

/// Where marks are drawn.
namespace joulemark::figure {

inline constexpr double kRadius = 4.0;   ///< of marks, user units
inline constexpr double kStrong = 1.25;  ///< how much larger those are that stand out
/// In the order of drawing: what is to be seen most comes last.
inline constexpr std::array kWeights = {Weight::faint, Weight::normal, Weight::strong};

struct Placed {
  const Mark* mark = nullptr;
  double x = 0.0, y = 0.0, radius = 0.0;

  Box box() const;
  std::vector<Box> bars(const Frame& frame) const;  ///< of its intervals
};

/// All marks in the order of drawing; those of one category stand apart. They point into `figure`.
std::vector<Placed> place_marks(const Figure& figure, const Frame& frame);

}  // namespace joulemark::figure

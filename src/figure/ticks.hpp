#pragma once

#include <functional>
#include <string>
#include <vector>

#include "figure/figure.hpp"

/// Which values an axis names.
namespace joulemark::figure {

struct Tick {
  double value = 0.0;
  std::string text;
};

struct Ticks {
  std::vector<Tick> major;
  std::vector<double> minor;  ///< lines without a text, between those of a decade
};

/// Whether ticks can stand side by side.
using Fits = std::function<bool(const std::vector<Tick>&)>;

/// The finest ticks that fit, at round values within the range: 1, 2 and 5 of every power of ten on
/// a linear axis, and on a logarithmic one too, or the powers alone; of two on an axis of those.
/// A logarithmic axis of too short a range for these has ticks as a linear one. If none fit, the
/// coarsest. Categories: all of them.
Ticks ticks(const Axis& axis, const Range& shown, const Fits& fits);

/// With its unit, and three significant digits: "12.3 mJ", "81.2 %", "64 images", "0.74".
std::string value_text(const Axis& axis, double value);

}  // namespace joulemark::figure

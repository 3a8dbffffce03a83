#pragma once

#include <string>

#include "figure/figure.hpp"

namespace joulemark::figure {

/// The figure as a file of SVG, the same for the same figure: legible in light and dark and on
/// paper, as wide as there is room. Pointing at a mark shows its numbers. Error: that of check().
Result<std::string> svg(const Figure& figure);

}  // namespace joulemark::figure

#pragma once

#include <nlohmann/json_fwd.hpp>

#include "figure/figure.hpp"

namespace joulemark::figure {

/// The description as JSON, with all that a page needs to draw it itself. docs/analysis.md names
/// its keys.
nlohmann::ordered_json to_json(const Figure& figure);

}  // namespace joulemark::figure

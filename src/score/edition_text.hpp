#pragma once

#include <string>
#include <string_view>

#include "score/edition.hpp"

/// Editions as JSON: what data/editions holds (docs/score.md).
namespace joulemark::score {

/// Reads back as it was, number for number.
std::string to_text(const Edition& edition);

/// Error: invalid_input for what is no edition, or one whose numbers no fit can have; newer_schema
/// for another form.
Result<Edition> from_text(std::string_view text);

}  // namespace joulemark::score

#pragma once

#include <span>

#include "analysis/analyses.hpp"
#include "score/edition.hpp"

/// Analyses that need an edition, beside those that do not.
namespace joulemark::score {

/// All analyses that there are, in the order of reports: those of src/analysis, and `scores`.
std::span<const analysis::Analysis> analyses();

/// How the models of one setup are distributed over indices and letters, by the built-in edition of
/// the input's policy. Errors: those of begin_with_accuracy and score_setup that are of the input.
Result<analysis::Outcome> scores(const analysis::Input& input);

/// The same by another edition.
Result<analysis::Outcome> scores_by(const Edition& edition, const analysis::Input& input);

}  // namespace joulemark::score

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyses.hpp"

/// Outcomes as files and as text. docs/analysis.md describes both.
namespace joulemark::analysis {

/// All of it, the rows behind it and what its figures show too.
std::string to_json(const Analysis& analysis, const Outcome& outcome);

/// Of a figure: "drivers-gmacs.svg".
std::string file_of(const Analysis& analysis, const figure::Figure& figure);

/// Whether a file can be one of the analysis's figures, by its name, and is none of this outcome's.
bool is_other_figure(const Analysis& analysis, const Outcome& outcome, std::string_view file);

/// Figures that an earlier run of the analysis wrote and this outcome has not, by what that run's
/// JSON names; none for a text that is no such JSON. Of names, only those of other
/// figures (is_other_figure): another's file is not removed, whatever somebody wrote into that
/// JSON.
std::vector<std::string> files_outdated(const Analysis& analysis, const Outcome& outcome,
                                        std::string_view earlier_json);

/// The rows behind it under a header (RFC 4180); empty is not known.
std::string to_csv(const Outcome& outcome);

/// A heading, the sentences, and what to keep in mind.
std::string to_text(const Analysis& analysis, const Outcome& outcome);

}  // namespace joulemark::analysis

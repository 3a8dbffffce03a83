#pragma once

#include <string>
#include <vector>

#include "analysis/outcome.hpp"
#include "analysis/row.hpp"
#include "figure/figure.hpp"

/// What figures of analyses have in common. Each analysis describes its own, from the values that
/// its rows have too.
namespace joulemark::analysis {

/// Says of what it is: setup, policy, n, when it was measured and what was left out. Of an outcome
/// that is settled, and the rows that it shows. `of` stands for n and what there are n of, where
/// that is not what the outcome says. No group, axis or mark yet.
figure::Figure begin_figure(const Outcome& outcome, const std::vector<const Row*>& rows,
                            std::string title, std::string of = "");

/// Kinds of models in the order in which all figures have them, so that each keeps its colour.
std::vector<std::string> kinds();
/// The index of a row's kind among them; that of "other" where it is not known.
std::size_t kind_of(const Row& row);

figure::Axis energy_axis();    ///< J per image, logarithmic
figure::Axis accuracy_axis();  ///< percent

/// What an energy, or a ratio, is known to within: `rel` is half the width of the interval of its
/// logarithm.
figure::Range range_of(double value, double rel);

inline constexpr const char* kBarsAre = "Bars: 95 % intervals.";
inline constexpr const char* kBarsBesideModels =
    "Bars: 95 % intervals beside other models of this setup.";

/// Names the marks that are farthest off, as many as a reader can take in.
/// `off`: how far, for each mark; those that are 0 off are not named.
void name_farthest(std::vector<figure::Mark>& marks, const std::vector<double>& off);

}  // namespace joulemark::analysis

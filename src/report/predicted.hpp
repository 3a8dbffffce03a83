#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "analysis/row.hpp"
#include "catalogue/catalogue.hpp"
#include "store/record.hpp"

namespace joulemark::report {

/// Flag of a prediction where a published figure of the model is beyond those of all that were
/// learned from.
inline constexpr std::string_view kExtrapolated = "extrapolated";

/// For every setup and policy of `measured`, a record of each architecture and size that has a
/// published accuracy and no measured energy there: `status` kPredicted, energy_j_per_image as
/// analysis::Predictor predicts it, and in ci95_rel its 95 % interval, the half width of the
/// logarithm. Pure. Nothing for policies with a fixed batch, and where too few were measured to
/// learn from.
std::vector<store::Record> predicted_records(std::span<const store::Record> measured,
                                             const catalogue::Catalogue& catalogue);

/// The same as rows that a choice can be made among: `origin` kPredicted, as well known as ci95_rel
/// says. Without those that are kExtrapolated, for which no interval holds.
std::vector<analysis::Row> predicted_rows(std::span<const store::Record> measured,
                                          const catalogue::Catalogue& catalogue);

}  // namespace joulemark::report

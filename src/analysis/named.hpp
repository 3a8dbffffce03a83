#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/row.hpp"
#include "base/result.hpp"

/// Models as a user names them: "resnet50", "resnet50.a1_in1k" or "resnet50@288x288".
namespace joulemark::analysis {

/// What a name asks for. Tag and size may be empty: the best weights; kUsualSize where it was
/// measured at it, else the one size there is.
struct Named {
  std::string text;  ///< as it was written
  std::string architecture, tag, size;
};

/// Errors: invalid_input for a name that stands there twice.
Result<std::vector<Named>> read_names(const std::vector<std::string>& names);

/// Whether the row is of the architecture, and of the size where one is named.
bool fits(const Row& row, const Named& named);

/// How many of the named are among the rows.
std::size_t count_named(const std::vector<const Row*>& rows, const std::vector<Named>& named);

/// The one row that is meant, of those chosen (analysis::choose) of a setup under a policy. `all`
/// are those of every setup: what is not here may be there, and may be what was meant. Errors:
/// not_found with the nearest names or the setups that have it; invalid_input for an architecture
/// at several sizes, none of them kUsualSize, where none is named.
Result<const Row*> row_named(const std::vector<const Row*>& chosen, std::span<const Row> all,
                             const Named& named, const std::string& setup,
                             const std::string& policy);

/// Published weights and how often they are right.
struct WeightsOn {
  std::string model;           ///< architecture.tag; empty: none are published
  std::optional<double> top1;  ///< percent
};
/// Of those weights that were tested at this size and whose licence matches, the ones with the
/// highest top-1 on the set of images, the first by name among equals; nothing where there are
/// none.
WeightsOn best_on(const Row& row, catalogue::TestSet set, std::string_view licence = "*");

/// The weights that are named, which must have been tested at the row's size, else the best ones.
/// Error: not_found with those that there are.
Result<WeightsOn> weights_named(const Row& row, const Named& named, catalogue::TestSet set);

}  // namespace joulemark::analysis

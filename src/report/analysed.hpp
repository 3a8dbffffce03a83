#pragma once

#include <span>
#include <vector>

#include "analysis/row.hpp"
#include "catalogue/catalogue.hpp"
#include "store/record.hpp"

namespace joulemark::report {

/// Every record as analyses take it, in the order given: joined with those weights of its
/// architecture whose published top-1 is highest at its input size, and with its board's place
/// among others. Pure.
std::vector<analysis::Row> analysis_rows(std::span<const store::Record> records,
                                         const catalogue::Catalogue& catalogue);
/// The same of records that nobody needs any more: their texts are taken over. `beside`: see
/// complete.
std::vector<analysis::Row> analysis_rows(std::vector<store::Record> records,
                                         const catalogue::Catalogue& catalogue,
                                         std::span<const analysis::Row> beside = {});

/// One of them, beside nothing yet.
analysis::Row measured_row(store::Record record);
/// Puts beside such rows what is published, and their boards beside each other, for which all rows
/// of setups that share factors are to be there, or `beside` (analysis::place_boards).
void complete(std::span<analysis::Row> rows, const catalogue::Catalogue& catalogue,
              std::span<const analysis::Row> beside = {});

}  // namespace joulemark::report

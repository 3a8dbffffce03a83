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
/// The same of records that nobody needs any more: their texts are taken over.
std::vector<analysis::Row> analysis_rows(std::vector<store::Record> records,
                                         const catalogue::Catalogue& catalogue);

/// One of them, beside nothing that is published yet.
analysis::Row measured_row(store::Record record);
/// Puts beside such a row what is published.
void join(analysis::Row& row, const catalogue::Catalogue& catalogue);

}  // namespace joulemark::report

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

/// One of them, beside nothing yet.
analysis::Row measured_row(store::Record record);
/// Puts beside such rows what is published, and their boards beside each other. Of each setup all
/// rows are to be there.
void complete(std::span<analysis::Row> rows, const catalogue::Catalogue& catalogue);

}  // namespace joulemark::report

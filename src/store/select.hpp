#pragma once

#include <vector>

#include "store/store.hpp"

/// What every kind of store does alike with records that it has read.
namespace joulemark::store {

/// Whether the record is one of those that the filter lets through; `newest_only` aside.
bool passes(const Record& record, const Filter& filter);

/// Of each configuration the last one, in the order that they had.
std::vector<Record> newest(std::vector<Record> all);

/// The one record among those whose run begins with `prefix`. Errors: not_found when there are none
/// in `place`; invalid_input when there are several.
Result<Record> the_one(std::vector<Record> found, const std::string& prefix,
                       const std::string& place);

/// Empties its conditions and its provenance.
void forget_documents(Record& record);

Error nothing_measured(const std::string& place);

}  // namespace joulemark::store

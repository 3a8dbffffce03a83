#pragma once

#include <string>
#include <vector>

#include "store/pq_connection.hpp"
#include "store/record.hpp"
#include "store/store.hpp"

/// Records and calibrations as rows of the schema `joulemark`, and the statements that add and find
/// them.
namespace joulemark::store {

/// A text as PostgreSQL can hold it: bytes that are no UTF-8, and NUL, become U+FFFD, as they do in
/// every JSON that leaves joulemark.
std::string storable(const std::string& text);

/// $1, $2, ... of insert_record: the columns in their order, then the windows. Two records with the
/// same parameters are the same to the server.
std::vector<pq::Value> parameters_of(const Record& record);
/// One statement, so one transaction and one round trip: a record with its windows.
const std::string& insert_record();

std::vector<pq::Value> parameters_of(const StoredCalibration& calibration);
const std::string& insert_calibration();

/// Records that meet `where`, a condition with $1, $2, ... on the columns, and pass the filter; in
/// the order of measuring. Rows are only ever added, and a record's windows with it: so asked
/// second, the windows are all there.
pq::Answer<std::vector<Record>> select(pq::Connection& c, const char* where,
                                       const std::vector<pq::Value>& parameters,
                                       const Filter& filter);

/// `clause`: WHERE, ORDER BY, LIMIT.
pq::Answer<std::vector<StoredCalibration>> select_calibrations(
    pq::Connection& c, const char* clause, const std::vector<pq::Value>& parameters);

}  // namespace joulemark::store

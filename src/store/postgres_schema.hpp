#pragma once

#include <string>

#include "base/result.hpp"
#include "store/pq_connection.hpp"
#include "store/store.hpp"

/// The schema `joulemark` in a PostgreSQL database, and what a session needs before it uses it.
namespace joulemark::store {

/// What a server says of itself.
struct ServerFacts {
  int version = 0;          ///< 150018 is 15.18
  std::string encoding;     ///< of the database
  bool read_only = false;   ///< a standby, or a user who may not write
  bool loses_rows = false;  ///< fsync is off: a power cut may cost it what it called stored
};

/// Makes a fresh connection ours: durable commits, numbers in full, limits to waiting.
pq::Answer<ServerFacts> begin_session(pq::Connection& connection, Mode mode);

/// Whether it can hold a store of ours. Errors: unsupported (too old), invalid_input (encoding),
/// read_only. `place`: the location, fit for messages.
Result<void> check_server(const ServerFacts& facts, Mode mode, const std::string& place);

/// Finds the schema; for writing, makes or migrates it, and sees that rows may be added. Errors:
/// not_found (nothing measured yet), newer_schema, invalid_input (another program's),
/// permission_denied, and those of explain.
Result<void> prepare_schema(pq::Connection& connection, Mode mode, const std::string& place);

}  // namespace joulemark::store

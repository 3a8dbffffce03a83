#pragma once

#include <string>

#include "base/result.hpp"
#include "store/pq_connection.hpp"

/// What a PostgreSQL server's refusals mean to a user of joulemark. Pure.
namespace joulemark::store {

/// Whether it may be over in a moment: the way to the server is broken, the server is starting or
/// stopping, all its connections are taken, another statement was in the way.
bool is_passing(const pq::Failure& failure);

/// The same in our words, with the next step. `place`: the location, fit for messages.
Error explain(const pq::Failure& failure, const std::string& place);

}  // namespace joulemark::store

#include "store/postgres_explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace joulemark::store {
namespace {

/// A code of appendix A of PostgreSQL's manual, or the class that its first two characters are.
struct Meaning {
  std::string_view sqlstate;
  bool passing;
  ErrorKind kind;
  std::string_view what;  ///< "" takes the server's words
  std::string_view next;
};

constexpr std::string_view kWaitOrChoose =
    "Try again in a moment, or choose another place with --db; what was stored before is kept";
constexpr std::string_view kGrant =
    "Who owns the database lets others measure into it with: GRANT USAGE ON SCHEMA joulemark TO "
    "them; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA joulemark TO them. Making it takes CREATE "
    "on the database";
constexpr std::string_view kPassword =
    "Check the user in the URL and the password in ~/.pgpass or PGPASSWORD; the server's "
    "pg_hba.conf says who may connect";

constexpr std::array kMeanings = {
    Meaning{"08", true, ErrorKind::io, "", kWaitOrChoose},
    Meaning{"57P01", true, ErrorKind::io, "", kWaitOrChoose},    // it was shut down
    Meaning{"57P02", true, ErrorKind::io, "", kWaitOrChoose},    // it crashed
    Meaning{"57P03", true, ErrorKind::io, "", kWaitOrChoose},    // it starts, or ends
    Meaning{"57P05", true, ErrorKind::io, "", kWaitOrChoose},    // idle for too long
    Meaning{"53300", true, ErrorKind::busy, "", kWaitOrChoose},  // too many connections
    Meaning{"40", true, ErrorKind::busy, "", kWaitOrChoose},     // rolled back for another
    Meaning{"55P03", true, ErrorKind::busy, "", kWaitOrChoose},  // a lock was not to be had
    Meaning{"57014", true, ErrorKind::busy, "", kWaitOrChoose},  // it took too long
    Meaning{"23505", false, ErrorKind::invalid_input, "it has this run already",
            "Measure again: every measurement gets an identifier of its own"},
    Meaning{"25006", false, ErrorKind::read_only, "it takes no writing",
            "Name the server that does, not a standby of it, or choose another place with --db"},
    Meaning{"28", false, ErrorKind::permission_denied, "", kPassword},
    Meaning{"3D000", false, ErrorKind::io, "there is no such database",
            "Make it on the server (createdb -E UTF8 -T template0 NAME), or choose another with "
            "--db"},
    Meaning{"42501", false, ErrorKind::permission_denied, "", kGrant},
    Meaning{"42P01", false, ErrorKind::io, "a table of joulemark's is gone",
            "Restore the schema joulemark from a backup, or choose another place with --db"},
    Meaning{"53100", false, ErrorKind::storage_full, "the server's disk is full",
            "Make room on the server; what was stored before is kept"},
};

const Meaning* meaning_of(const std::string& sqlstate) {
  const auto found = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& m) {
    return sqlstate.starts_with(m.sqlstate);
  });
  return found != kMeanings.end() ? &*found : nullptr;
}

}  // namespace

bool is_passing(const pq::Failure& failure) {
  if (failure.sqlstate.empty()) return failure.lost;
  const Meaning* meaning = meaning_of(failure.sqlstate);
  return meaning != nullptr && meaning->passing;
}

Error explain(const pq::Failure& failure, const std::string& place) {
  if (const Meaning* m = meaning_of(failure.sqlstate)) {
    return {m->kind,
            fmt::format("{}: {}", place, m->what.empty() ? failure.text : std::string(m->what)),
            std::string(m->next)};
  }
  if (failure.sqlstate.empty()) {
    return {ErrorKind::io, fmt::format("{} cannot be reached: {}", place, failure.text),
            "Check host and port, and that the server runs; what was stored before is kept"};
  }
  return {ErrorKind::io, fmt::format("{}: {} ({})", place, failure.text, failure.sqlstate),
          "See the server's log"};
}

}  // namespace joulemark::store

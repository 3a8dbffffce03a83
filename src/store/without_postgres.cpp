#include "store/store.hpp"

/// Takes the place of postgres_store.cpp in a build without libpq's header.
namespace joulemark::store {

Result<std::unique_ptr<Store>> open_postgres(const Location&, Mode, const OpenOptions&) {
  return fail(ErrorKind::unsupported, "this joulemark was built without PostgreSQL",
              "Build it with libpq's header (on Debian: apt install libpq-dev), or name a SQLite "
              "file with --db");
}

}  // namespace joulemark::store

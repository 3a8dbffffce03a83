#include "store/store.hpp"

namespace joulemark::store {

Result<std::unique_ptr<Store>> open_store(const Location& location, Mode mode,
                                          const OpenOptions& options) {
  if (auto sound = check(location); !sound) return tl::unexpected(sound.error());
  return location.kind() == Location::Kind::postgresql ? open_postgres(location, mode, options)
                                                       : open_sqlite(location.path(), mode);
}

}  // namespace joulemark::store

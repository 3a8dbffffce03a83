#include "store/store.hpp"

namespace joulemark::store {

Result<std::unique_ptr<Store>> open_store(const Location& location, Mode mode,
                                          const OpenOptions& options) {
  if (auto sound = check(location); !sound) return tl::unexpected(sound.error());
  if (location.kind() == Location::Kind::postgresql) return open_postgres(location, mode, options);
  const std::filesystem::path path = location.path();
  std::error_code error;
  const bool lines = holds_lines(path) || std::filesystem::is_directory(path, error);
  return lines ? open_lines(path, mode) : open_sqlite(path, mode);
}

}  // namespace joulemark::store

#include "site/database.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/text.hpp"
#include "store/store.hpp"

namespace joulemark::site {
namespace {

namespace fs = std::filesystem;

/// A folder that is gone with its guard.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    std::string pattern = (parent / "joulemark-site-XXXXXX").string();
    if (!error && mkdtemp(pattern.data()) != nullptr) return TemporaryFolder(pattern);
    return fail(
        ErrorKind::io,
        fmt::format("cannot make a folder in {}: {}", parent.string(), std::strerror(errno)),
        "Let TMPDIR name a folder that can be written to");
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<void> write(const fs::path& path, std::span<const store::Record> records) {
  auto store = store::open_sqlite(path, store::Mode::write);
  if (!store) return tl::unexpected(store.error());
  return (*store)->append(records);
}

}  // namespace

Result<File> database(std::span<const store::Record> records) {
  const auto folder = TemporaryFolder::make();
  if (!folder) return tl::unexpected(folder.error());
  const fs::path path = folder->path() / "joulemark.sqlite";
  if (auto written = write(path, records); !written) return tl::unexpected(written.error());
  auto bytes = read_file(path);
  if (!bytes) {
    return fail(ErrorKind::io, fmt::format("cannot read {}", path.string()), "Check the disk");
  }
  return File{std::move(*bytes), type_of(path.string())};
}

}  // namespace joulemark::site

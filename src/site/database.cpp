#include "site/database.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "base/text.hpp"
#include "runtime/folder.hpp"
#include "store/store.hpp"

namespace joulemark::site {
namespace {

namespace fs = std::filesystem;

Result<void> write(const fs::path& path, std::span<const store::Record> records) {
  auto store = store::open_sqlite(path, store::Mode::write);
  if (!store) return tl::unexpected(store.error());
  return (*store)->append(records);
}

}  // namespace

Result<File> database(std::span<const store::Record> records) {
  // Of a process that was killed it is removed by the next that starts a worker.
  const auto folder = runtime::WorkerFolder::create(runtime::temporary_root());
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

#include "site/watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <system_error>

namespace joulemark::site {
namespace {

namespace fs = std::filesystem;

std::string state_of_file(const fs::path& file) {
  struct stat s{};
  if (stat(file.c_str(), &s) != 0) return "";
  return fmt::format("{} {} {} {}.{:09}\n", file.string(), s.st_ino, s.st_size, s.st_mtim.tv_sec,
                     s.st_mtim.tv_nsec);
}

}  // namespace

std::string state_of(const fs::path& database) {
  std::error_code error;
  if (!fs::is_directory(database, error)) {
    return state_of_file(database) + state_of_file(database.string() + "-wal");
  }
  std::string state;
  fs::recursive_directory_iterator entry(database, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_directory(error)) state += state_of_file(entry->path());
  }
  return state;
}

}  // namespace joulemark::site

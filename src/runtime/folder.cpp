#include "runtime/folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace joulemark::runtime {
namespace {

namespace fs = std::filesystem;

fs::path parent_of_all(const fs::path& root) {
  return root / fmt::format("joulemark-{}", getuid());
}

/// When a process started, in clock ticks since boot (field 22 of /proc/<pid>/stat); absent when
/// there is no such process. The command name in field 2 may hold spaces and brackets.
std::optional<std::string> start_time(std::string_view pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  std::size_t at = line.rfind(')');
  if (at == std::string::npos) return std::nullopt;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

/// "<pid>-<start>-<n>" of a process that is gone. Whatever is called otherwise is not ours to
/// judge.
bool owner_is_gone(const std::string& name) {
  const auto parts = split(name, '-');
  const auto is_number = [](const std::string& part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
  };
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), is_number)) return false;
  return start_time(parts[0]) != parts[1];
}

/// Makes `path` a folder that only we can write to. In /tmp its name can be taken by another user,
/// who could then put links where a worker writes.
std::error_code make_private(const fs::path& path) {
  const auto last_error = [] { return std::error_code(errno, std::generic_category()); };
  if (mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return last_error();
  struct stat s{};
  if (lstat(path.c_str(), &s) != 0) return last_error();
  if (!S_ISDIR(s.st_mode) || s.st_uid != getuid()) {
    return std::make_error_code(std::errc::permission_denied);
  }
  return chmod(path.c_str(), 0700) == 0 ? std::error_code() : last_error();
}

}  // namespace

fs::path temporary_root() {
  const char* tmp = std::getenv("TMPDIR");
  return tmp != nullptr && *tmp != '\0' ? fs::path(tmp) : fs::path("/tmp");
}

Result<WorkerFolder> WorkerFolder::create(const fs::path& root) {
  static int next = 0;
  std::error_code ignored;  // what it means is said by the folders below
  fs::create_directories(root, ignored);
  const fs::path parent = parent_of_all(root);
  const fs::path path =
      parent / fmt::format("{}-{}-{}", getpid(), start_time("self").value_or("0"), next++);
  for (const fs::path& folder : {parent, path}) {
    if (const std::error_code error = make_private(folder)) {
      return fail(
          ErrorKind::io,
          fmt::format("cannot make the worker's folder {}: {}", folder.string(), error.message()),
          "Set TMPDIR to a folder that you can write to and that has room");
    }
  }
  return WorkerFolder(path);
}

WorkerFolder::WorkerFolder(WorkerFolder&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

WorkerFolder& WorkerFolder::operator=(WorkerFolder&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::move(other.path_);
    other.path_.clear();
  }
  return *this;
}

WorkerFolder::~WorkerFolder() { remove(); }

void WorkerFolder::remove() noexcept {
  if (path_.empty()) return;
  std::error_code ignored;  // what cannot be removed now is swept by the next start
  fs::remove_all(path_, ignored);
}

int sweep_stale_folders(const fs::path& root) {
  int removed = 0;
  std::error_code error;
  fs::directory_iterator entry(parent_of_all(root), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code failed;
    if (!fs::is_directory(entry->symlink_status(failed)) ||
        !owner_is_gone(entry->path().filename().string())) {
      continue;
    }
    fs::remove_all(entry->path(), failed);
    if (!failed) ++removed;
  }
  return removed;
}

}  // namespace joulemark::runtime

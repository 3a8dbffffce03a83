#include "runtime/folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

namespace joulemark::runtime {
namespace {

namespace fs = std::filesystem;

fs::path parent_of_all(const fs::path& root) {
  return root / fmt::format("joulemark-{}", getuid());
}

/// When a process started, in clock ticks since boot (field 22 of /proc/<pid>/stat); absent when
/// there is no such process. The command name in field 2 may hold spaces and brackets.
std::optional<std::string> start_time(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  std::size_t at = line.rfind(')');
  if (at == std::string::npos) return std::nullopt;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

/// "<pid>-<start>-<n>": is that process still the one that made the folder?
bool owner_is_alive(const std::string& name) {
  const std::size_t first = name.find('-');
  const std::size_t second = name.find('-', first + 1);
  if (first == std::string::npos || second == std::string::npos) return true;  // not ours to judge
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + first, pid);
  if (error != std::errc() || end != name.data() + first) return true;
  const auto started = start_time(pid);
  return started && *started == name.substr(first + 1, second - first - 1);
}

}  // namespace

fs::path temporary_root() {
  const char* tmp = std::getenv("TMPDIR");
  return tmp != nullptr && *tmp != '\0' ? fs::path(tmp) : fs::path("/tmp");
}

Result<WorkerFolder> WorkerFolder::create(const fs::path& root) {
  static int next = 0;
  const fs::path path =
      parent_of_all(root) /
      fmt::format("{}-{}-{}", getpid(), start_time(getpid()).value_or("0"), next++);
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) {
    return fail(
        ErrorKind::io,
        fmt::format("cannot make the worker's folder {}: {}", path.string(), error.message()),
        "Set TMPDIR to a folder that you can write to and that has room");
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
  for (const auto& entry : fs::directory_iterator(parent_of_all(root), error)) {
    if (owner_is_alive(entry.path().filename().string())) continue;
    std::error_code failed;
    fs::remove_all(entry.path(), failed);
    if (!failed) ++removed;
  }
  return removed;
}

}  // namespace joulemark::runtime

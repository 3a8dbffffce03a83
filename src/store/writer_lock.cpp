#include "store/writer_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace joulemark::store {

namespace fs = std::filesystem;

Result<WriterLock> WriterLock::take(const fs::path& database) {
  const fs::path path = database.string() + ".lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    const auto kind = full              ? ErrorKind::storage_full
                      : errno == ENOENT ? ErrorKind::io
                                        : ErrorKind::read_only;
    return fail(kind,
                fmt::format("{} cannot be written to: {}", database.string(), strerror(errno)),
                "Check the folder and its permissions, or choose another place with --db");
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char owner[32] = {};
    const ssize_t n = read(fd, owner, sizeof owner - 1);
    close(fd);
    const std::string pid = n > 0 ? fmt::format(" (process {})", owner) : "";
    return fail(ErrorKind::busy,
                fmt::format("another joulemark{} is measuring into {}", pid, database.string()),
                "Wait for it to end, or choose another place with --db");
  }
  // The file that was locked may have been removed by its last owner in the meantime: a lock on
  // a file that no longer has the name locks nobody out.
  struct stat locked{};
  struct stat named{};
  if (fstat(fd, &locked) != 0 || stat(path.c_str(), &named) != 0 || locked.st_ino != named.st_ino) {
    close(fd);
    return take(database);
  }
  const std::string pid = std::to_string(getpid());
  // Only for the message above: on a full disk the lock works without it.
  static_cast<void>(ftruncate(fd, 0) == 0 && write(fd, pid.data(), pid.size()) > 0);
  return WriterLock(fd, path);
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

WriterLock::~WriterLock() {
  if (fd_ < 0) return;
  unlink(path_.c_str());
  close(fd_);
}

WriterLock::WriterLock(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}

}  // namespace joulemark::store

#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace joulemark {
namespace {

tl::unexpected<Error> failed(const std::string& target, int code) {
  return tl::unexpected(write_failure(target, code));
}

/// 0, or the errno of what went wrong.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

/// mkstemp makes files for the owner alone; give it what a plain open would have.
void apply_umask(int fd) {
  const mode_t mask = umask(0);
  umask(mask);
  static_cast<void>(fchmod(fd, 0666 & ~mask));
}

}  // namespace

Error write_failure(const std::string& target, int code) {
  const std::string what = fmt::format("cannot write {}: {}", target, std::strerror(code));
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {ErrorKind::storage_full, what, "Make room, or choose another place"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {ErrorKind::permission_denied, what, "Choose another place"};
    case ENOENT:
    case ENOTDIR:
      return {ErrorKind::not_found, what, "Make its folder, or choose another"};
    default:
      return {ErrorKind::io, what, "Choose another place"};
  }
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind == std::filesystem::file_type::directory) return failed(path.string(), EISDIR);
  const bool replaceable =
      kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
  // A device or a pipe (/dev/stdout) is written to, not replaced.
  std::string name = replaceable ? path.string() + ".XXXXXX" : path.string();
  const int fd = replaceable ? mkostemp(name.data(), O_CLOEXEC)
                             : open(name.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return failed(path.string(), errno);
  int code = write_all(fd, content);
  if (replaceable) {
    apply_umask(fd);
    if (code == 0 && fsync(fd) != 0) code = errno;
  }
  if (close(fd) != 0 && code == 0) code = errno;
  if (replaceable) {
    if (code == 0 && rename(name.c_str(), path.c_str()) != 0) code = errno;
    if (code != 0) unlink(name.c_str());
  }
  if (code != 0) return failed(path.string(), code);
  return {};
}

}  // namespace joulemark

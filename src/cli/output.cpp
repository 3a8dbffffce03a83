#include "cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>

namespace joulemark::cli {
namespace {

tl::unexpected<Error> failure(const std::string& target, int code) {
  const std::string what = fmt::format("cannot write {}: {}", target, std::strerror(code));
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return fail(ErrorKind::storage_full, what, "Make room, or choose another place with --out");
    case EACCES:
    case EPERM:
    case EROFS:
      return fail(ErrorKind::permission_denied, what, "Choose another place with --out");
    case ENOENT:
    case ENOTDIR:
      return fail(ErrorKind::not_found, what, "Make its folder, or choose another with --out");
    default:
      return fail(ErrorKind::io, what, "Choose another place with --out");
  }
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

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

std::string pretty(const nlohmann::ordered_json& j) {
  return j.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<void> write_out(std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) return failure("to standard output", errno);
  return {};
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind == std::filesystem::file_type::directory) return failure(path.string(), EISDIR);
  const bool replaceable =
      kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
  // A device or a pipe (/dev/stdout) is written to, not replaced.
  std::string name = replaceable ? path.string() + ".XXXXXX" : path.string();
  const int fd = replaceable ? mkostemp(name.data(), O_CLOEXEC)
                             : open(name.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return failure(path.string(), errno);
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
  if (code != 0) return failure(path.string(), code);
  return {};
}

}  // namespace joulemark::cli

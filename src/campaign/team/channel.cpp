#include "campaign/team/channel.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace joulemark::campaign::team {
namespace {

/// Of a message: more than messages.cpp makes of the longest texts.
constexpr std::size_t kLongest = 1 << 17;

}  // namespace

Result<std::pair<Channel, Channel>> Channel::pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0)
    return std::pair(Channel(ends[0]), Channel(ends[1]));
  return fail(ErrorKind::io, fmt::format("cannot make a pair of sockets: {}", std::strerror(errno)),
              "Close other programs: too many files are open");
}

Channel& Channel::operator=(Channel&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(ended_, other.ended_);
  return *this;
}

bool Channel::send(const std::string& message) const {
  while (true) {
    // A message to nobody is no reason to be killed.
    if (::send(fd_, message.data(), message.size(), MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

std::optional<std::string> Channel::receive() {
  if (ended_) return std::nullopt;
  std::string message(kLongest, '\0');
  const ssize_t size = recv(fd_, message.data(), message.size(), MSG_DONTWAIT);
  if (size > 0) {
    message.resize(static_cast<std::size_t>(size));
    return message;
  }
  ended_ = size == 0 || (errno != EAGAIN && errno != EINTR);
  return std::nullopt;
}

void Channel::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  ended_ = true;
}

}  // namespace joulemark::campaign::team

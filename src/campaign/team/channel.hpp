#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/units.hpp"

namespace joulemark::campaign::team {

/// One end of a pair of sockets that keeps messages whole.
class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}
  /// Both ends. Errors: io.
  static Result<std::pair<Channel, Channel>> pair();
  Channel(Channel&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Channel& operator=(Channel&& other) noexcept;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() { close(); }

  int fd() const { return fd_; }
  /// False when the other end is gone.
  bool send(const std::string& message) const;
  /// The next message; absent where there is none yet, or never will be.
  std::optional<std::string> receive();
  /// True once receive() has come to the end of all messages.
  bool ended() const { return ended_; }
  void close();

 private:
  int fd_ = -1;
  bool ended_ = false;
};

}  // namespace joulemark::campaign::team

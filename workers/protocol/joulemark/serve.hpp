#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "joulemark/frame.hpp"
#include "joulemark/mapped_memory.hpp"
#include "joulemark/runtime.hpp"
#include "joulemark/service.hpp"

/// The worker's side of the protocol: a runtime is a small class, `serve` is the rest.
namespace joulemark::protocol {

/// Reads frames from and writes frames to the controller.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}

  /// The next payload; false at end of file. Throws on a broken stream.
  bool receive(std::string& payload) {
    while (true) {
      const FrameView view = parse_frame(buffer_);
      if (view.status == FrameStatus::complete) {
        payload.assign(view.payload);
        buffer_.erase(0, view.consumed);
        return true;
      }
      if (view.status != FrameStatus::need_more) throw std::runtime_error(fault(view));
      char chunk[65536];
      const ssize_t n = ::read(fd_, chunk, sizeof chunk);
      if (n == 0) return false;
      if (n < 0 && errno != EINTR) return false;
      if (n > 0) buffer_.append(chunk, static_cast<std::size_t>(n));
    }
  }

  void send(const std::string& payload) const {
    if (payload.size() > kLargestPayload) throw std::runtime_error("a reply is too large");
    const std::string frame = make_frame(payload);
    for (std::size_t done = 0; done < frame.size();) {
      const ssize_t n = ::send(fd_, frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw std::runtime_error("the controller is gone");
      done += static_cast<std::size_t>(n);
    }
  }

 private:
  static std::string fault(const FrameView& view) {
    if (view.status == FrameStatus::bad_version) {
      return "the controller speaks protocol " + std::to_string(view.version) + ", this worker " +
             std::to_string(kVersion);
    }
    return view.status == FrameStatus::too_large ? "a frame is too large"
                                                 : "the stream holds no frame";
  }

  int fd_;
  std::string buffer_;
};

/// Answers requests until `bye` or end of file. Returns the exit code for main; throws when the
/// stream or the shared memory is broken.
inline int serve(Runtime& runtime, int protocol_fd, int shm_fd) {
  SharedMemory memory(shm_fd);
  Connection connection(protocol_fd);
  Service service(runtime, memory);
  std::string payload;
  while (!service.ended() && connection.receive(payload)) connection.send(service.answer(payload));
  return 0;
}

}  // namespace joulemark::protocol

#pragma once

#include <fcntl.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>

#include "joulemark/serve.hpp"

namespace joulemark::protocol {

/// `main` of a worker: reads --protocol-fd and --shm-fd, then serves until `bye` or end of file.
/// Exit codes: 0 served to the end, 2 started by hand or with wrong arguments, 3 the stream or the
/// shared memory broke.
inline int worker_main(
    int argc, char** argv, const char* program,
    const std::function<std::unique_ptr<Runtime>(int protocol_fd)>& make_runtime) {
  int protocol_fd = -1;
  int shm_fd = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string_view value = argv[i + 1];
    int number = -1;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (option == "--protocol-fd") protocol_fd = number;
    if (option == "--shm-fd") shm_fd = number;
  }
  if (protocol_fd < 0 || shm_fd < 0) {
    std::fprintf(stderr,
                 "%s runs models for joulemark and is started by it:\n"
                 "  %s --protocol-fd N --shm-fd M\n"
                 "See docs/worker-protocol.md.\n",
                 program, program);
    return 2;
  }
  // A compiler that a runtime starts must not keep the connection open when the worker has died.
  for (const int fd : {protocol_fd, shm_fd}) fcntl(fd, F_SETFD, FD_CLOEXEC);
  try {
    const std::unique_ptr<Runtime> runtime = make_runtime(protocol_fd);
    return serve(*runtime, protocol_fd, shm_fd);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", program, e.what());
    return 3;
  }
}

}  // namespace joulemark::protocol

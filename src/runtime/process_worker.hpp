#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "runtime/registry.hpp"
#include "runtime/worker.hpp"

namespace joulemark::runtime {

struct StartOptions {
  std::filesystem::path temporary_root;  ///< empty: temporary_root()
  int threads = 0;  ///< also told to OpenMP and MKL in the worker's environment
  Nanoseconds timeout = std::chrono::seconds(60);
  const std::atomic<bool>* interrupted = nullptr;  ///< ends every wait when it turns true
};

/// Starts a worker in a process of its own and greets it. The worker gets two descriptors (its end
/// of a socket pair, and shared memory), a temporary folder as TMPDIR, and stdout and stderr into a
/// log there. It dies with this process. Errors: io when it cannot be started, crashed (also when
/// it speaks no protocol), timed_out, interrupted, and protocol when it is of another version.
Result<std::unique_ptr<Worker>> start_worker(const WorkerProgram& program,
                                             const StartOptions& options, Clock& clock);

}  // namespace joulemark::runtime

#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
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

/// A worker that runs and that nobody has greeted yet: it loads its libraries, then waits, and uses
/// no device before it is told to load a model. Its process ends with this object.
class StartingWorker {
 public:
  /// Waits until it answers, `timeout` at most. Errors: crashed (also when it speaks no protocol),
  /// timed_out, interrupted, and protocol when it is of another version.
  Result<std::unique_ptr<Worker>> greet() &&;

 private:
  friend Result<StartingWorker> launch_worker(const WorkerProgram&, const StartOptions&, Clock&);
  StartingWorker() = default;
  std::unique_ptr<Worker> worker_;
  std::function<Result<void>()> greet_;
};

/// Starts a worker in a process of its own. It gets two descriptors (its end of a socket pair, and
/// shared memory), a temporary folder as TMPDIR, and stdout and stderr into a log there. It dies
/// with the thread that calls this. Errors: io when it cannot be started.
Result<StartingWorker> launch_worker(const WorkerProgram& program, const StartOptions& options,
                                     Clock& clock);

/// The same, greeted. Errors: those of both.
Result<std::unique_ptr<Worker>> start_worker(const WorkerProgram& program,
                                             const StartOptions& options, Clock& clock);

}  // namespace joulemark::runtime

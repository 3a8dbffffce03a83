#pragma once

#include <atomic>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "runtime/registry.hpp"
#include "runtime/worker.hpp"

namespace joulemark::campaign {

/// Asks a worker which devices it sees, without loading anything.
Result<runtime::WorkerHello> greet_worker(const runtime::WorkerProgram& program, Clock& clock,
                                          const std::atomic<bool>* interrupted);

/// The device to measure on: the one named, or for "auto" the first GPU, else the CPU. Errors:
/// not_found naming the devices that there are, and those of starting the worker.
Result<runtime::WorkerDevice> choose_device(const runtime::WorkerProgram& program,
                                            const std::string& wanted, Clock& clock,
                                            const std::atomic<bool>* interrupted);

}  // namespace joulemark::campaign

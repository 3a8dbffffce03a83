#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "meter/meter.hpp"
#include "runtime/registry.hpp"
#include "runtime/worker.hpp"
#include "store/store.hpp"

namespace joulemark::campaign {

/// Asks a worker which devices it sees, without loading anything.
Result<runtime::WorkerHello> greet_worker(const runtime::WorkerProgram& program, Clock& clock,
                                          const std::atomic<bool>* interrupted);

/// The device to measure on: the one named, or for "auto" the first GPU, else the CPU. Errors:
/// not_found naming the devices that there are, and those of starting the worker.
Result<runtime::WorkerDevice> choose_device(const runtime::WorkerProgram& program,
                                            const std::string& wanted, Clock& clock,
                                            const std::atomic<bool>* interrupted);

/// What a meter measures, as stores know it: a GPU by its own identity, wherever it is seen from; a
/// host's processors by the host's current boot, which its containers share and no other host has.
/// Absent for a simulated meter: there is nothing that a second one could disturb.
std::optional<store::Device> device_of(const meter::MeterInfo& meter,
                                       const std::filesystem::path& procfs = "/proc");

}  // namespace joulemark::campaign

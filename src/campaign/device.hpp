#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "meter/meter.hpp"
#include "meter/registry.hpp"
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

/// The devices of a list such as "cuda:0,cuda:1", or "cuda:all", of those that a runtime has.
/// Errors: not_found, naming the devices that there are; invalid_input for one that is named twice,
/// for a CPU beside GPUs, whose work would be in its meter, and for devices of several kinds. Pure.
Result<std::vector<runtime::WorkerDevice>> choose_devices(
    const std::string& runtime, const std::vector<runtime::WorkerDevice>& there,
    const std::string& wanted);

/// Whether this meter tells devices that are measured at the same time apart. Errors:
/// invalid_input. Pure.
Result<void> check_apart(const std::string& meter, const meter::MeterOptions& options,
                         const std::vector<runtime::WorkerDevice>& devices);

/// Whether all rows that have a number are of devices of this name. A campaign measures each
/// configuration once, so that on a second kind of device it would be a part of two. Error:
/// invalid_input. Pure.
Result<void> check_same_kind(const std::vector<store::Record>& rows, const std::string& device);

/// What a meter measures, as stores know it: a GPU by its own identity, wherever it is seen from; a
/// host's processors by the host's current boot, which its containers share and no other host has.
/// Absent for a simulated meter: there is nothing that a second one could disturb.
std::optional<store::Device> device_of(const meter::MeterInfo& meter,
                                       const std::filesystem::path& procfs = "/proc");

}  // namespace joulemark::campaign

#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace joulemark::torch_worker {

/// The queue of one device: what was submitted and what has come out. On a CPU a step is complete
/// when submit returns; on a GPU an event behind each step tells.
class Queue {
 public:
  virtual ~Queue() = default;
  /// Runs `step`, which queues one step's work, and marks its end.
  virtual void submit(const std::function<void()>& step) = 0;
  /// Waits for the oldest step that has not been waited for.
  virtual void wait_oldest() = 0;
  /// Waits for everything.
  virtual void drain() = 0;
  /// Captures what `step` queues, so that submit_captured replays it. False: this device cannot.
  virtual bool capture(const std::function<void()>& step) = 0;
  virtual void submit_captured() = 0;
  virtual void drop_capture() = 0;
  /// Gives cached memory back, so that a smaller batch has room after an out-of-memory error.
  virtual void release_memory() = 0;
  /// Bytes of device memory in use by this process's tensors; absent on a CPU.
  virtual std::optional<std::int64_t> memory_bytes() = 0;
};

/// Devices of this host as [{name, pci_bus_id, description}], the CPU first.
nlohmann::json list_devices();

/// Sets the number of CPU threads and opens the queue of `device`. Throws
/// RequestError("load_failed") for a device that is not there.
std::unique_ptr<Queue> open_queue(const c10::Device& device, int threads);

/// "2.13.0+cpu" or "2.11.0+cu130".
std::string torch_version();

// Built only where torch has CUDA.
void append_cuda_devices(nlohmann::json& devices);
std::unique_ptr<Queue> open_cuda_queue(const c10::Device& device);

}  // namespace joulemark::torch_worker

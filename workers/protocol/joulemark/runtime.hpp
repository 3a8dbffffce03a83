#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

/// What a worker in C++ implements: one class per inference runtime.
namespace joulemark::protocol {

/// Thrown by a runtime to answer a request with a typed error.
struct RequestError : std::runtime_error {
  RequestError(std::string k, const std::string& message)
      : std::runtime_error(message), kind(std::move(k)) {}
  std::string kind;  ///< load_failed | out_of_memory | invalid_request | run_failed
};

/// What `load` asks for; see the protocol page.
struct LoadSpec {
  std::string artefact, format, device, precision, layout;
  std::vector<std::int64_t> input_shape;  ///< {C, H, W}
  std::int64_t classes = 0;
  int threads = 0;
  bool cuda_graph = false;
  nlohmann::json options;
};

/// One inference runtime. Methods throw RequestError for failures that have a type; std::bad_alloc
/// becomes `out_of_memory`, any other exception `load_failed` in load and `run_failed` elsewhere.
/// They are called in the protocol's order: set_input after a load that succeeded, infer and
/// prepare after set_input, batches of at least one image. After a failure in a run, steps that
/// were submitted and not waited for are forgotten.
class Runtime {
 public:
  virtual ~Runtime() = default;
  /// {worker, runtime_version, formats: [...], devices: [{name, pci_bus_id, description}]}
  virtual nlohmann::json hello() = 0;
  /// {device_memory_bytes?, host_memory_bytes?, settings?}
  virtual nlohmann::json load(const LoadSpec& spec) = 0;
  /// Keeps a copy of `images` base images, float32 NCHW.
  virtual void set_input(const float* pixels, std::int64_t images) = 0;
  /// Runs base images once in batches of `batch`; writes float32 logits [images, classes].
  virtual void infer(std::int64_t batch, float* logits) = 0;
  /// Makes the next run of `batch` ready: input on the device, graph captured.
  virtual void prepare(std::int64_t batch) = 0;
  /// Puts one step into the queue.
  virtual void submit() = 0;
  /// Waits until the oldest submitted step that has not been waited for is complete.
  virtual void wait_oldest() = 0;
  /// False where submit() returns only when its step is complete, as it is on a CPU: a second step
  /// in the queue would then do nothing but delay the stamp of the first.
  virtual bool queues(const LoadSpec& spec) const { return spec.device != "cpu"; }
};

}  // namespace joulemark::protocol

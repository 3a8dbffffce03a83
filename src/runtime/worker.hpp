#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"

namespace joulemark::runtime {

/// A device that a worker can run on.
struct WorkerDevice {
  std::string name;         ///< "cpu", "cuda:0"
  std::string pci_bus_id;   ///< "0000:3b:00.0" for GPUs: what ties it to a meter; else empty
  std::string description;  ///< "NVIDIA H200", or the CPU's model name
  /// What artefacts are made for: "cpu", "cuda".
  std::string kind() const { return name.substr(0, name.find(':')); }
};

/// What a worker says of itself in the protocol's `hello`.
struct WorkerHello {
  std::string worker;           ///< "torch", "reference"
  std::string runtime_version;  ///< e.g. "2.13.0+cpu"
  std::vector<std::string> formats;
  std::vector<WorkerDevice> devices;
};

/// Everything a worker needs to load one artefact. Shapes are NCHW without N.
struct LoadRequest {
  std::string artefact;                   ///< absolute path
  std::string format;                     ///< "torchscript", "aoti", "reference"
  std::string device;                     ///< "cpu", "cuda:0"
  std::string precision;                  ///< "fp32", "tf32", "fp16", "bf16"
  std::string layout;                     ///< "contiguous", "channels_last"
  std::vector<std::int64_t> input_shape;  ///< {3, H, W}
  std::int64_t classes = 0;
  int threads = 0;  ///< CPU threads; 0: the runtime's default
  bool cuda_graph = false;
  std::string options_json;  ///< worker-specific options as a JSON object, may be empty
};

struct Loaded {
  Nanoseconds load_time{0};
  std::optional<std::int64_t> device_memory_bytes;
  std::optional<std::int64_t> host_memory_bytes;
  std::string settings_json;  ///< what the runtime runs with, as a JSON object; empty: not stated
};

/// One completed step: `batch` images were finished at `at`.
struct Completion {
  Instant at;
};

enum class RunState { running, finished };

/// A loaded model that runs batches on request, in a process of its own. All calls return
/// `crashed` (with the signal's name) when the process dies or breaks the protocol, and `timed_out`
/// past their deadline; every later call then returns the same error. Errors that the worker itself
/// answers (load_failed, out_of_memory, crashed for a step that failed) leave it usable.
/// Destruction ends the process and removes its folder.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual const WorkerHello& hello() const = 0;
  virtual pid_t pid() const = 0;

  virtual Result<Loaded> load(const LoadRequest& request, Nanoseconds timeout) = 0;

  /// Hands over `images` base images (float32, NCHW, `images * 3 * H * W` values). A batch of B
  /// is image i mod images for i in 0..B-1.
  virtual Result<void> set_input(std::span<const float> pixels, std::int64_t images,
                                 Nanoseconds timeout) = 0;

  /// Runs the base images once as one or more batches of `batch` and returns float32 logits, shape
  /// [images, classes].
  virtual Result<std::vector<float>> infer(std::int64_t batch, Nanoseconds timeout) = 0;

  /// Starts running batches of `batch` back to back with `queue_depth` steps in flight, until
  /// `max_steps` (0: until stop()). Returns once the request is sent; errors surface in poll().
  virtual Result<void> start(std::int64_t batch, std::int64_t max_steps, int queue_depth) = 0;
  /// Appends completions since the last call. `finished` once the worker has answered.
  virtual Result<RunState> poll(std::vector<Completion>& out) = 0;
  /// Asks the run to end and waits for the answer, appending the last completions. Steps in the
  /// queue are completed first, so `timeout` is the longest time without a completion.
  virtual Result<void> stop(std::vector<Completion>& out, Nanoseconds timeout) = 0;
  /// How long the worker waited for its device in the run that ended last; absent where it has not
  /// ended, or the worker does not say.
  virtual std::optional<Nanoseconds> waited() const { return std::nullopt; }

  /// The tail of the worker's own stdout and stderr, for error messages.
  virtual std::string log_tail() const = 0;
};

}  // namespace joulemark::runtime

#pragma once

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "joulemark/frame.hpp"
#include "joulemark/shared_memory.hpp"

/// The worker's side of the protocol: a runtime is a small class, `serve` is the rest.
namespace joulemark::protocol {

/// Thrown by a runtime to answer a request with a typed error.
struct RequestError : std::runtime_error {
  RequestError(std::string k, const std::string& message)
      : std::runtime_error(message), kind(std::move(k)) {}
  std::string kind;  ///< load_failed | out_of_memory | invalid_request | run_failed
};

/// The mapped shared memory of one worker.
class SharedMemory {
 public:
  explicit SharedMemory(int fd) : fd_(fd) { remap(); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() {
    if (base_ != nullptr) munmap(base_, bytes_);
  }

  /// Maps what the controller has grown the memory to.
  void remap() {
    struct stat s{};
    if (fstat(fd_, &s) != 0 || static_cast<std::size_t>(s.st_size) < sizeof(ShmHeader)) {
      throw std::runtime_error("shared memory is smaller than its header");
    }
    if (base_ != nullptr) munmap(base_, bytes_);
    bytes_ = static_cast<std::size_t>(s.st_size);
    base_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (base_ == MAP_FAILED) {
      base_ = nullptr;
      throw std::runtime_error("cannot map the shared memory");
    }
    const ShmHeader& h = header();
    if (h.magic != kShmMagic || h.version != kVersion) {
      throw std::runtime_error("shared memory has another layout version");
    }
    const auto inside = [&](std::uint64_t offset, std::uint64_t length) {
      return offset <= bytes_ && length <= bytes_ - offset;
    };
    if (!inside(h.completions_offset, h.completions_capacity * 8) ||
        !inside(h.input_offset, h.input_bytes) || !inside(h.output_offset, h.output_bytes)) {
      throw std::runtime_error("shared memory regions do not fit into it");
    }
  }

  ShmHeader& header() { return *static_cast<ShmHeader*>(base_); }
  float* input() { return reinterpret_cast<float*>(at(header().input_offset)); }
  float* output() { return reinterpret_cast<float*>(at(header().output_offset)); }
  std::uint64_t* completions() {
    return reinterpret_cast<std::uint64_t*>(at(header().completions_offset));
  }

 private:
  char* at(std::uint64_t offset) { return static_cast<char*>(base_) + offset; }
  int fd_;
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
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

/// One inference runtime. Methods throw RequestError for failures that have a type; any other
/// exception becomes `run_failed`.
class Runtime {
 public:
  virtual ~Runtime() = default;
  /// {worker, runtime_version, formats: [...], devices: [{name, pci_bus_id, description}]}
  virtual nlohmann::json hello() = 0;
  /// {device_memory_bytes?, host_memory_bytes?}
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
};

inline std::uint64_t monotonic_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::uint64_t(t.tv_sec) * 1'000'000'000u + std::uint64_t(t.tv_nsec);
}

/// Reads frames from and writes frames to the controller.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}

  /// The next payload; empty optional at end of file. Throws on a broken stream.
  bool receive(std::string& payload) {
    while (true) {
      const FrameView view = parse_frame(buffer_);
      if (view.status == FrameStatus::complete) {
        payload.assign(view.payload);
        buffer_.erase(0, view.consumed);
        return true;
      }
      if (view.status != FrameStatus::need_more) throw std::runtime_error("broken frame");
      char chunk[65536];
      const ssize_t n = ::read(fd_, chunk, sizeof chunk);
      if (n == 0) return false;
      if (n < 0 && errno != EINTR) return false;
      if (n > 0) buffer_.append(chunk, static_cast<std::size_t>(n));
    }
  }

  void send(const std::string& payload) {
    const std::string frame = make_frame(payload);
    for (std::size_t done = 0; done < frame.size();) {
      const ssize_t n = ::send(fd_, frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw std::runtime_error("the controller is gone");
      done += static_cast<std::size_t>(n);
    }
  }

 private:
  int fd_;
  std::string buffer_;
};

/// Runs steps until the stop word is set or `max_steps` are done, with `depth` in the queue, and
/// stamps each completion. Returns the number of completed steps.
inline std::uint64_t run_steps(Runtime& runtime, SharedMemory& memory, std::int64_t batch,
                               std::uint64_t max_steps, std::uint64_t depth) {
  ShmHeader& h = memory.header();
  std::uint64_t* ring = memory.completions();
  runtime.prepare(batch);
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  const auto more = [&] {
    return h.stop.load(std::memory_order_acquire) == 0 && (max_steps == 0 || submitted < max_steps);
  };
  while (true) {
    while (submitted - completed < depth && more()) {
      runtime.submit();
      ++submitted;
    }
    if (completed == submitted) return completed;
    runtime.wait_oldest();
    ring[completed % h.completions_capacity] = monotonic_ns();
    ++completed;
    h.completions_written.store(completed, std::memory_order_release);
  }
}

inline nlohmann::json handle(Runtime& runtime, SharedMemory& memory,
                             const nlohmann::json& request) {
  const std::string method = request.at("method");
  const nlohmann::json& p = request.at("params");
  if (method == "hello") {
    nlohmann::json hello = runtime.hello();
    hello["protocol"] = kVersion;
    hello["pid"] = getpid();
    return hello;
  }
  if (method == "load") {
    LoadSpec spec;
    p.at("artefact").get_to(spec.artefact);
    p.at("format").get_to(spec.format);
    p.at("device").get_to(spec.device);
    p.at("precision").get_to(spec.precision);
    p.at("layout").get_to(spec.layout);
    p.at("input_shape").get_to(spec.input_shape);
    p.at("classes").get_to(spec.classes);
    spec.threads = p.value("threads", 0);
    spec.cuda_graph = p.value("cuda_graph", false);
    spec.options = p.value("options", nlohmann::json::object());
    return runtime.load(spec);
  }
  if (method == "input") {
    memory.remap();
    runtime.set_input(memory.input(), p.at("images"));
    return nlohmann::json::object();
  }
  if (method == "infer") {
    runtime.infer(p.at("batch"), memory.output());
    return nlohmann::json::object();
  }
  if (method == "run") {
    const std::uint64_t steps =
        run_steps(runtime, memory, p.at("batch"), p.at("max_steps"), p.at("queue_depth"));
    return {{"steps", steps}};
  }
  throw RequestError("invalid_request", "unknown method '" + method + "'");
}

/// Answers requests until `bye` or end of file. Returns the exit code for main.
inline int serve(Runtime& runtime, int protocol_fd, int shm_fd) {
  SharedMemory memory(shm_fd);
  Connection connection(protocol_fd);
  std::string payload;
  while (connection.receive(payload)) {
    nlohmann::json reply;
    try {
      const auto request = nlohmann::json::parse(payload);
      reply["id"] = request.at("id");
      if (request.at("method") == "bye") {
        reply["result"] = nlohmann::json::object();
        connection.send(reply.dump());
        return 0;
      }
      reply["result"] = handle(runtime, memory, request);
    } catch (const RequestError& e) {
      reply["error"] = {{"kind", e.kind}, {"message", e.what()}};
    } catch (const nlohmann::json::exception& e) {
      reply["error"] = {{"kind", "invalid_request"}, {"message", e.what()}};
    } catch (const std::exception& e) {
      reply["error"] = {{"kind", "run_failed"}, {"message", e.what()}};
    }
    connection.send(reply.dump());
  }
  return 0;
}

}  // namespace joulemark::protocol

#pragma once

#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "joulemark/frame.hpp"
#include "joulemark/mapped_memory.hpp"
#include "joulemark/runtime.hpp"

namespace joulemark::protocol {

inline std::uint64_t monotonic_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::uint64_t(t.tv_sec) * 1'000'000'000u + std::uint64_t(t.tv_nsec);
}

/// How a run ended.
struct StepsRun {
  std::uint64_t steps = 0;  ///< completed
  /// Spent waiting for the device: almost nothing where it waits for us.
  std::uint64_t waited_ns = 0;
};

/// Runs steps until the stop word is set or `max_steps` are done (0: no such limit), with at most
/// `depth` in the queue, and stamps each completion.
inline StepsRun run_steps(Runtime& runtime, SharedMemory& memory, std::int64_t batch,
                          std::uint64_t max_steps, std::uint64_t depth) {
  ShmHeader& h = memory.header();
  std::uint64_t* ring = memory.completions();
  const std::uint64_t capacity = h.completions_capacity;
  runtime.prepare(batch);
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t waited = 0;
  const auto more = [&] {
    return h.stop.load(std::memory_order_acquire) == 0 && (max_steps == 0 || submitted < max_steps);
  };
  while (true) {
    while (submitted - completed < depth && more()) {
      runtime.submit();
      ++submitted;
    }
    if (completed == submitted) return {completed, waited};
    const std::uint64_t before = monotonic_ns();
    runtime.wait_oldest();
    const std::uint64_t complete = monotonic_ns();
    waited += complete - before;
    // The controller may look at any time: the stamp must be there before the count says so.
    std::atomic_ref(ring[completed % capacity]).store(complete, std::memory_order_relaxed);
    ++completed;
    h.completions_written.store(completed, std::memory_order_release);
  }
}

/// Answers requests for one runtime: the protocol's rules in one place, so that a runtime is only
/// asked for what it can do.
class Service {
 public:
  Service(Runtime& runtime, SharedMemory& memory) : runtime_(runtime), memory_(memory) {}

  /// The reply to a payload, whatever its bytes are: JSON text that fits into a frame, unless the
  /// runtime's own `hello` or `load` result does not.
  std::string answer(std::string_view payload) {
    json reply = {{"id", nullptr}};
    std::string method;
    try {
      const json request = json::parse(payload, nullptr, /*allow_exceptions=*/false);
      if (!request.is_object()) throw invalid("a request is a JSON object");
      reply["id"] = integer(request, "id", std::numeric_limits<std::int64_t>::min());
      method = text(request, "method");
      reply["result"] = handle(method, object(request, "params"));
    } catch (const RequestError& e) {
      reply["error"] = error(e.kind, e.what());
    } catch (const std::bad_alloc&) {
      reply["error"] = error("out_of_memory", "the host is out of memory");
    } catch (const std::exception& e) {
      reply["error"] = error(method == "load" ? "load_failed" : "run_failed", e.what());
    }
    // Messages come from libraries and may hold any bytes.
    return reply.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  /// True once `bye` was answered.
  bool ended() const { return ended_; }

 private:
  using json = nlohmann::json;

  json handle(const std::string& method, const json& params) {
    if (method == "hello") return hello();
    if (method == "load") return load(params);
    if (method == "input") return input(params);
    if (method == "infer") return infer(params);
    if (method == "run") return run(params);
    if (method == "bye") {
      ended_ = true;
      return json::object();
    }
    throw invalid("unknown method '" + method + "'");
  }

  json hello() {
    json result = runtime_.hello();
    result["protocol"] = kVersion;
    result["pid"] = getpid();
    return result;
  }

  json load(const json& params) {
    LoadSpec spec;
    spec.artefact = text(params, "artefact");
    spec.format = text(params, "format");
    spec.device = text(params, "device");
    spec.precision = text(params, "precision");
    spec.layout = text(params, "layout");
    spec.input_shape = shape(params);
    spec.classes = integer(params, "classes", 1, kLargestDimension);
    spec.threads = static_cast<int>(optional_integer(params, "threads", 0, 4096));
    spec.cuda_graph = optional_flag(params, "cuda_graph");
    spec.options = params.contains("options") ? object(params, "options") : json::object();
    // A load that fails leaves no model, whatever was loaded before.
    loaded_.reset();
    images_ = 0;
    json facts = runtime_.load(spec);
    loaded_ = spec;
    return facts;
  }

  json input(const json& params) {
    if (!loaded_) throw invalid("no model is loaded");
    images_ = 0;  // of the old input nothing may be left if the new one is not taken
    const std::int64_t images = integer(params, "images", 1, kLargestDimension);
    try {
      memory_.remap();
    } catch (const std::runtime_error& e) {
      throw invalid(e.what());
    }
    std::uint64_t values = 1;  // at most 2^48: three dimensions of 2^16
    for (const std::int64_t n : loaded_->input_shape) values *= static_cast<std::uint64_t>(n);
    const auto n = static_cast<std::uint64_t>(images);
    const ShmHeader& h = memory_.header();
    if (n > h.input_bytes / sizeof(float) / values) {
      throw invalid("the input region is smaller than 'images' images");
    }
    if (n > h.output_bytes / sizeof(float) / static_cast<std::uint64_t>(loaded_->classes)) {
      throw invalid("the output region is smaller than the logits of 'images' images");
    }
    runtime_.set_input(memory_.input(), images);
    images_ = images;
    return json::object();
  }

  json infer(const json& params) {
    require_input();
    runtime_.infer(integer(params, "batch", 1, kLargestDimension), memory_.output());
    return json::object();
  }

  json run(const json& params) {
    require_input();
    const std::int64_t batch = integer(params, "batch", 1, kLargestDimension);
    const std::int64_t max_steps = integer(params, "max_steps", 0);
    const std::int64_t depth = integer(params, "queue_depth", 1, kDeepestQueue);
    const bool queues = runtime_.queues(*loaded_);
    const StepsRun run = run_steps(runtime_, memory_, batch, static_cast<std::uint64_t>(max_steps),
                                   queues ? static_cast<std::uint64_t>(depth) : 1);
    json result = {{"steps", run.steps}};
    // Where a step runs inside the call that submits it, there is nobody to wait for.
    if (queues) result["waited_s"] = 1e-9 * static_cast<double>(run.waited_ns);
    return result;
  }

  void require_input() const {
    if (!loaded_) throw invalid("no model is loaded");
    if (images_ == 0) throw invalid("no input was given");
  }

  static RequestError invalid(const std::string& message) {
    return RequestError("invalid_request", message);
  }

  static json error(const std::string& kind, std::string message) {
    constexpr std::size_t kLongest = 8192;  // graphs and backtraces can fill megabytes
    if (message.size() > kLongest) message.resize(kLongest);
    return {{"kind", kind}, {"message", message}};
  }

  static const json& field(const json& from, const char* name) {
    const auto found = from.find(name);
    if (found == from.end()) throw invalid("'" + std::string(name) + "' is missing");
    return *found;
  }

  static std::string text(const json& from, const char* name) {
    const json& value = field(from, name);
    if (!value.is_string()) throw invalid("'" + std::string(name) + "' is not a string");
    return value;
  }

  static const json& object(const json& from, const char* name) {
    const json& value = field(from, name);
    if (!value.is_object()) throw invalid("'" + std::string(name) + "' is not an object");
    return value;
  }

  static std::int64_t integer(const json& from, const char* name, std::int64_t smallest,
                              std::int64_t largest = std::numeric_limits<std::int64_t>::max()) {
    return checked_integer(field(from, name), name, smallest, largest);
  }

  static std::int64_t optional_integer(const json& from, const char* name, std::int64_t smallest,
                                       std::int64_t largest) {
    return from.contains(name) ? integer(from, name, smallest, largest) : 0;
  }

  static bool optional_flag(const json& from, const char* name) {
    if (!from.contains(name)) return false;
    const json& value = field(from, name);
    if (!value.is_boolean()) throw invalid("'" + std::string(name) + "' is not true or false");
    return value;
  }

  static std::vector<std::int64_t> shape(const json& params) {
    const json& value = field(params, "input_shape");
    if (!value.is_array() || value.size() != 3) throw invalid("'input_shape' is not [C, H, W]");
    std::vector<std::int64_t> result;
    for (const json& n : value) {
      result.push_back(checked_integer(n, "input_shape", 1, kLargestSide));
    }
    return result;
  }

  static std::int64_t checked_integer(const json& value, const char* name, std::int64_t smallest,
                                      std::int64_t largest) {
    const bool integral = value.is_number_unsigned() ? value.get<std::uint64_t>() <=
                                                           std::numeric_limits<std::int64_t>::max()
                                                     : value.is_number_integer();
    if (integral && value.get<std::int64_t>() >= smallest && value.get<std::int64_t>() <= largest) {
      return value.get<std::int64_t>();
    }
    throw invalid("'" + std::string(name) + "' is not an integer from " + std::to_string(smallest) +
                  " to " + std::to_string(largest));
  }

  static constexpr std::int64_t kLargestDimension = 1 << 30;
  static constexpr std::int64_t kLargestSide = 1 << 16;
  static constexpr std::int64_t kDeepestQueue = 1024;

  Runtime& runtime_;
  SharedMemory& memory_;
  std::optional<LoadSpec> loaded_;
  std::int64_t images_ = 0;
  bool ended_ = false;
};

}  // namespace joulemark::protocol

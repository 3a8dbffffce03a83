#include "reference_runtime.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace joulemark::reference_worker {
namespace {

using nlohmann::json;
using protocol::RequestError;

std::uint64_t split_mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double weight(std::uint64_t seed, std::uint64_t index) {
  const auto bits = split_mix(split_mix(seed) + index) >> 11;
  return static_cast<double>(bits) * 0x1.0p-52 - 1.0;
}

std::uint64_t ns(double ms) { return static_cast<std::uint64_t>(ms * 1e6); }

void sleep_until(std::uint64_t at) {
  const timespec t{static_cast<time_t>(at / 1'000'000'000u),
                   static_cast<long>(at % 1'000'000'000u)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

int signal_number(const std::string& name) {
  if (name == "SIGABRT") return SIGABRT;
  return name == "SIGKILL" ? SIGKILL : SIGSEGV;
}

/// By the signal itself, also where a sanitizer would turn it into an exit code.
void die_of(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// A misspelt behaviour must not be a harmless one: a test would pass for the wrong reason.
std::string one_of(const std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  throw RequestError("load_failed", "unknown behaviour '" + word + "'");
}

double milliseconds(const json& from, const char* key, double otherwise) {
  const double ms = from.value(key, otherwise);
  if (ms >= 0.0 && ms <= 1e6) return ms;
  throw RequestError("load_failed", std::string(key) + " is not between 0 and 1000000");
}

/// The CPU, and as many GPUs as $JOULEMARK_REFERENCE_GPUS says, numbered as CUDA numbers them: only
/// those that $CUDA_VISIBLE_DEVICES names, from 0 on. Each computes on the CPU; what is real about
/// it is its name and its bus id, by which a meter is found.
json devices() {
  json all = json::array({{{"name", "cpu"}, {"pci_bus_id", ""}, {"description", "CPU"}}});
  const char* number = std::getenv("JOULEMARK_REFERENCE_GPUS");
  const unsigned gpus =
      number == nullptr ? 0u : static_cast<unsigned>(std::strtoul(number, nullptr, 10));
  const char* named = std::getenv("CUDA_VISIBLE_DEVICES");
  std::vector<unsigned> visible;
  if (named != nullptr) {
    std::istringstream list(named);
    for (std::string one; std::getline(list, one, ',');)
      visible.push_back(static_cast<unsigned>(std::strtoul(one.c_str(), nullptr, 10)));
  } else {
    for (unsigned i = 0; i < gpus; ++i) visible.push_back(i);
  }
  for (std::size_t i = 0; i < visible.size() && visible[i] < gpus; ++i) {
    std::array<char, 32> bus{};
    std::snprintf(bus.data(), bus.size(), "0000:%02x:00.0", visible[i] + 1);
    all.push_back({{"name", "cuda:" + std::to_string(i)},
                   {"pci_bus_id", bus.data()},
                   {"description", "GPU of the reference worker"}});
  }
  return all;
}

/// Where a fault strikes.
struct Point {
  std::string at;          ///< load | infer | capture | step; empty: never
  std::uint64_t step = 0;  ///< the first step of a run that it strikes, when at is "step"
};

Point read_point(const json& j, const char* key) {
  if (!j.contains(key)) return {};
  const json& p = j.at(key);
  return {one_of({"load", "infer", "capture", "step"}, p.value("at", "step")),
          p.value("step", std::uint64_t{0})};
}

/// What an artefact asks for, besides the function. Every field has a harmless default.
struct Behaviour {
  std::uint64_t seed = 1;
  std::string step_mode = "sleep";  ///< sleep | spin
  double ms_fixed = 1.0;
  double ms_per_image = 0.0;
  double ms_host = 0.0;          ///< that submitting a step takes
  std::string output = "right";  ///< right | nan | constant | wrong
  Point crash, hang, exit, fail;
  std::string signal = "SIGSEGV";          ///< of the crash
  std::string fail_kind = "run_failed";    ///< of the error that fail answers
  std::optional<std::int64_t> memory_for;  ///< out_of_memory above this batch
  std::optional<std::int64_t> eat_memory;  ///< the same, by allocating until nothing is left
  bool garbage = false;                    ///< writes what is no frame into the protocol
  bool chatter = false;                    ///< prints to stdout and stderr
};

Behaviour read_behaviour(json j, const json& options) {
  j.merge_patch(options);
  Behaviour b;
  b.seed = j.value("seed", b.seed);
  const json step = j.value("step", json::object());
  b.step_mode = one_of({"sleep", "spin"}, step.value("mode", b.step_mode));
  b.ms_fixed = milliseconds(step, "ms_fixed", b.ms_fixed);
  b.ms_per_image = milliseconds(step, "ms_per_image", b.ms_per_image);
  b.ms_host = milliseconds(step, "ms_host", b.ms_host);
  b.output = one_of({"right", "nan", "constant", "wrong"}, j.value("output", b.output));
  b.crash = read_point(j, "crash");
  if (!b.crash.at.empty()) {
    b.signal = one_of({"SIGSEGV", "SIGABRT", "SIGKILL"}, j["crash"].value("signal", b.signal));
  }
  b.hang = read_point(j, "hang");
  b.exit = read_point(j, "exit");
  b.fail = read_point(j, "fail");
  if (!b.fail.at.empty()) b.fail_kind = j["fail"].value("kind", b.fail_kind);
  if (j.contains("out_of_memory")) b.memory_for = j["out_of_memory"].at("above_batch");
  if (j.contains("eat_memory")) b.eat_memory = j["eat_memory"].at("above_batch");
  b.garbage = j.value("garbage", false);
  b.chatter = j.value("chatter", false);
  return b;
}

class ReferenceRuntime final : public protocol::Runtime {
 public:
  explicit ReferenceRuntime(int protocol_fd) : protocol_fd_(protocol_fd) {}

  json hello() override {
    return {{"worker", "reference"},
            {"runtime_version", "1"},
            {"formats", {"reference"}},
            {"devices", devices()}};
  }

  json load(const protocol::LoadSpec& spec) override {
    if (spec.format != "reference") {
      throw RequestError("load_failed", "this worker runs format 'reference' only");
    }
    const json known = devices();
    if (std::none_of(known.begin(), known.end(),
                     [&](const json& d) { return d.at("name") == spec.device; })) {
      throw RequestError("load_failed", "this worker has no device '" + spec.device + "'");
    }
    std::ifstream in(spec.artefact);
    if (!in) throw RequestError("load_failed", "cannot open " + spec.artefact);
    try {
      behaviour_ = read_behaviour(json::parse(in), spec.options);
    } catch (const json::exception& e) {
      throw RequestError("load_failed", spec.artefact + ": " + e.what());
    }
    spec_ = spec;
    values_ = 1;
    for (const auto n : spec.input_shape) values_ *= n;
    strike("load", 1, 0);
    return {{"host_memory_bytes", 1 << 20}};
  }

  void set_input(const float* pixels, std::int64_t images) override {
    input_.assign(pixels, pixels + images * values_);
    images_ = images;
  }

  void infer(std::int64_t batch, float* logits) override {
    strike("infer", batch, 0);
    auto out = project(input_.data(), images_, values_, spec_.classes, behaviour_.seed);
    const std::string& kind = behaviour_.output;
    if (kind == "nan") out[0] = std::numeric_limits<float>::quiet_NaN();
    if (kind == "constant") std::fill(out.begin(), out.end(), 1.0f);
    if (kind == "wrong") {
      for (float& v : out) v = -v;
    }
    std::copy(out.begin(), out.end(), logits);
  }

  void prepare(std::int64_t batch) override {
    if (spec_.cuda_graph) strike("capture", batch, 0);
    batch_ = batch;
    steps_ = 0;
    next_free_ = 0;
    pending_.clear();
  }

  /// The simulated device has a queue, and works through it one step after the other.
  bool queues(const protocol::LoadSpec&) const override { return true; }

  void submit() override {
    if (behaviour_.ms_host > 0.0) sleep_until(protocol::monotonic_ns() + ns(behaviour_.ms_host));
    const double ms = behaviour_.ms_fixed + behaviour_.ms_per_image * static_cast<double>(batch_);
    next_free_ = std::max(next_free_, protocol::monotonic_ns()) + ns(ms);
    pending_.push_back(next_free_);
  }

  void wait_oldest() override {
    strike("step", batch_, steps_++);
    const std::uint64_t until = pending_.front();
    pending_.erase(pending_.begin());
    if (behaviour_.step_mode == "sleep") {
      sleep_until(until);
      return;
    }
    while (protocol::monotonic_ns() < until) {
      scratch_ += weight(behaviour_.seed, scratch_ > 0.0 ? 1 : 2);
    }
  }

 private:
  void strike(const std::string& where, std::int64_t batch, std::uint64_t step) {
    const Behaviour& b = behaviour_;
    const auto here = [&](const Point& p) { return p.at == where && step >= p.step; };
    if (b.chatter && step == 0) {
      std::printf("a library talks on stdout\n");
      std::fflush(stdout);
      std::fprintf(stderr, "and on stderr\n");
    }
    if (b.garbage) {
      const char bytes[] = "this is no frame, whatever its length may be";
      static_cast<void>(!::write(protocol_fd_, bytes, sizeof bytes));
    }
    if (here(b.crash)) die_of(signal_number(b.signal));
    if (here(b.exit)) _exit(7);
    while (here(b.hang)) pause();
    if (here(b.fail)) throw RequestError(b.fail_kind, "asked to fail");
    if (where != "step") return;
    if (b.memory_for && batch > *b.memory_for) {
      throw RequestError("out_of_memory", "no room for a batch of " + std::to_string(batch));
    }
    if (b.eat_memory && batch > *b.eat_memory) eat_memory();
  }

  /// Allocates until an allocation fails, as a model that does not fit does. Under a limit of its
  /// own: on a machine that overcommits, allocating never fails and the kernel would kill someone
  /// else's process.
  [[noreturn]] static void eat_memory() {
    const rlimit limit{kAddressSpace, kAddressSpace};
    setrlimit(RLIMIT_AS, &limit);
    std::vector<std::unique_ptr<char[]>> blocks;
    try {
      while (true) {
        constexpr std::size_t kBlock = 16u << 20;
        blocks.push_back(std::make_unique<char[]>(kBlock));
      }
    } catch (const std::bad_alloc&) {
      blocks.clear();
      throw RequestError("out_of_memory", "the host is out of memory");
    }
  }

  static constexpr rlim_t kAddressSpace = rlim_t{1} << 30;

  int protocol_fd_;
  protocol::LoadSpec spec_;
  Behaviour behaviour_;
  std::int64_t values_ = 0;
  std::int64_t images_ = 0;
  std::vector<float> input_;
  std::int64_t batch_ = 1;
  std::uint64_t steps_ = 0;
  std::uint64_t next_free_ = 0;
  std::vector<std::uint64_t> pending_;
  double scratch_ = 0.0;
};

}  // namespace

std::vector<float> project(const float* pixels, std::int64_t images, std::int64_t values_per_image,
                           std::int64_t classes, std::uint64_t seed) {
  std::vector<float> logits;
  const auto values = static_cast<std::uint64_t>(values_per_image);
  const double scale = 1.0 / std::sqrt(static_cast<double>(values));
  for (std::int64_t i = 0; i < images; ++i) {
    for (std::int64_t c = 0; c < classes; ++c) {
      double sum = 0.0;
      for (std::uint64_t p = 0; p < values; ++p) {
        sum += weight(seed, static_cast<std::uint64_t>(c) * values + p) *
               double(pixels[static_cast<std::uint64_t>(i) * values + p]);
      }
      logits.push_back(static_cast<float>(sum * scale));
    }
  }
  return logits;
}

std::unique_ptr<protocol::Runtime> make_reference_runtime(int protocol_fd) {
  return std::make_unique<ReferenceRuntime>(protocol_fd);
}

}  // namespace joulemark::reference_worker

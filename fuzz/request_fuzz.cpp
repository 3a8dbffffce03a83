#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "joulemark/service.hpp"

namespace {

using joulemark::protocol::LoadSpec;
using joulemark::protocol::RequestError;
using joulemark::protocol::Runtime;
using joulemark::protocol::Service;
using joulemark::protocol::SharedMemory;
using joulemark::protocol::ShmHeader;
using nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::size_t kInputOffset = 128 + 64 * 8;
constexpr std::size_t kInputFloats = 48;
constexpr std::size_t kOutputFloats = 8;

/// Touches all that it is told it may.
class Model final : public Runtime {
 public:
  json hello() override { return json::object(); }
  json load(const LoadSpec& spec) override {
    require(spec.input_shape.size() == 3 && spec.classes > 0);
    spec_ = spec;
    input_.clear();
    return json::object();
  }
  void set_input(const float* pixels, std::int64_t images) override {
    std::int64_t values = images;
    for (const std::int64_t n : spec_.input_shape) values *= n;
    require(images > 0 && values <= static_cast<std::int64_t>(kInputFloats));
    input_.assign(pixels, pixels + values);
    images_ = images;
  }
  void infer(std::int64_t batch, float* logits) override {
    require(batch > 0 && !input_.empty());
    const std::int64_t values = images_ * spec_.classes;
    require(values <= static_cast<std::int64_t>(kOutputFloats));
    for (std::int64_t i = 0; i < values; ++i) logits[i] = input_[0];
  }
  void prepare(std::int64_t batch) override {
    require(batch > 0 && !input_.empty());
    queued_ = 0;
    steps_ = 0;
  }
  void submit() override {
    ++queued_;
    if (++steps_ > 200) throw RequestError("run_failed", "enough");  // more than the ring holds
  }
  void wait_oldest() override { require(queued_-- > 0); }

 private:
  LoadSpec spec_;
  std::vector<float> input_;
  std::int64_t images_ = 0;
  int queued_ = 0;
  int steps_ = 0;
};

/// Shared memory as a controller makes it, with a ring of 64 stamps.
int make_memory() {
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  constexpr std::size_t kBytes = kInputOffset + (kInputFloats + kOutputFloats) * sizeof(float);
  require(fd >= 0 && ftruncate(fd, kBytes) == 0);
  void* base = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(base != MAP_FAILED);
  auto* h = new (base) ShmHeader{};
  h->magic = joulemark::protocol::kShmMagic;
  h->version = joulemark::protocol::kVersion;
  h->completions_offset = 128;
  h->completions_capacity = 64;
  h->input_offset = kInputOffset;
  h->input_bytes = kInputFloats * sizeof(float);
  h->output_offset = kInputOffset + h->input_bytes;
  h->output_bytes = kOutputFloats * sizeof(float);
  munmap(base, kBytes);
  return fd;
}

}  // namespace

/// Any lines of bytes, each taken for a request: every one gets exactly one reply, and a runtime is
/// asked for nothing that was not checked.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SharedMemory memory(make_memory());
  Model model;
  Service service(model, memory);
  std::string_view lines(reinterpret_cast<const char*>(data), size);
  while (!lines.empty() && !service.ended()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const json reply = json::parse(service.answer(line));
    require(reply.is_object() && reply.contains("id"));
    require(reply.contains("result") != reply.contains("error"));
    if (reply.contains("result")) {
      require(reply["result"].is_object() && reply["id"].is_number_integer());
      continue;
    }
    const std::string kind = reply["error"].at("kind");
    require(kind == "invalid_request" || kind == "run_failed");
    require(reply["error"].at("message").is_string());
  }
  return 0;
}

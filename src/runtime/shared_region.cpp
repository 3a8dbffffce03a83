#include "runtime/shared_region.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "joulemark/frame.hpp"
#include "joulemark/shared_memory.hpp"

namespace joulemark::runtime {
namespace {

using protocol::ShmHeader;

constexpr std::size_t kHeaderArea = 4096;
constexpr std::size_t kRingArea = protocol::kCompletionCapacity * sizeof(std::uint64_t);

ShmHeader& header(void* base) { return *static_cast<ShmHeader*>(base); }

auto no_memory(std::size_t bytes) {
  return fail(ErrorKind::out_of_memory,
              fmt::format("cannot share {} MiB with the worker: {}", bytes >> 20, strerror(errno)),
              "Close other programs, or raise the memory limit of this process");
}

}  // namespace

Result<SharedRegion> SharedRegion::create() {
  const int fd = memfd_create("joulemark", MFD_CLOEXEC);
  constexpr std::size_t kBytes = kHeaderArea + kRingArea;
  if (fd < 0 || ftruncate(fd, kBytes) != 0) return no_memory(kBytes);
  void* base = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return no_memory(kBytes);
  auto* h = new (base) ShmHeader{};
  h->magic = protocol::kShmMagic;
  h->version = protocol::kVersion;
  h->completions_offset = kHeaderArea;
  h->completions_capacity = protocol::kCompletionCapacity;
  h->input_offset = h->output_offset = kBytes;
  return SharedRegion(fd, base, kBytes);
}

SharedRegion::SharedRegion(SharedRegion&& other) noexcept
    : fd_(other.fd_), base_(other.base_), bytes_(other.bytes_), taken_(other.taken_) {
  other.fd_ = -1;
  other.base_ = nullptr;
}

SharedRegion::~SharedRegion() {
  if (base_ != nullptr) munmap(base_, bytes_);
  if (fd_ >= 0) close(fd_);
}

Result<void> SharedRegion::resize(std::size_t input_floats, std::size_t output_floats) {
  const std::size_t input_bytes = input_floats * sizeof(float);
  const std::size_t output_bytes = output_floats * sizeof(float);
  const std::size_t bytes = kHeaderArea + kRingArea + input_bytes + output_bytes;
  if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return no_memory(bytes);
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (base == MAP_FAILED) return no_memory(bytes);
  munmap(base_, bytes_);
  base_ = base;
  bytes_ = bytes;
  ShmHeader& h = header(base_);
  h.input_offset = kHeaderArea + kRingArea;
  h.input_bytes = input_bytes;
  h.output_offset = h.input_offset + input_bytes;
  h.output_bytes = output_bytes;
  return {};
}

std::span<float> SharedRegion::input() {
  const ShmHeader& h = header(base_);
  return {reinterpret_cast<float*>(static_cast<char*>(base_) + kHeaderArea + kRingArea),
          h.input_bytes / sizeof(float)};
}

std::span<const float> SharedRegion::output() const {
  // Offsets are recomputed from sizes that only this side writes: the worker is not trusted.
  const ShmHeader& h = header(base_);
  const std::size_t room = bytes_ - kHeaderArea - kRingArea;
  if (h.input_bytes > room || h.output_bytes > room - h.input_bytes) return {};
  const char* at = static_cast<const char*>(base_) + kHeaderArea + kRingArea + h.input_bytes;
  return {reinterpret_cast<const float*>(at), h.output_bytes / sizeof(float)};
}

void SharedRegion::begin_run() {
  ShmHeader& h = header(base_);
  h.completions_written.store(0, std::memory_order_relaxed);
  h.stop.store(0, std::memory_order_release);
  taken_ = 0;
}

void SharedRegion::ask_to_stop() { header(base_).stop.store(1, std::memory_order_release); }

Result<void> SharedRegion::take_completions(std::vector<Completion>& out) {
  const std::uint64_t written = header(base_).completions_written.load(std::memory_order_acquire);
  if (written < taken_ || written - taken_ > protocol::kCompletionCapacity) {
    return fail(
        ErrorKind::protocol,
        fmt::format("completions {} to {} were overwritten before they were read", taken_, written),
        "The machine is too busy to measure on; close other programs");
  }
  const auto* ring =
      reinterpret_cast<const std::uint64_t*>(static_cast<const char*>(base_) + kHeaderArea);
  for (; taken_ < written; ++taken_) {
    const std::uint64_t ns = ring[taken_ % protocol::kCompletionCapacity];
    out.push_back({Instant{Nanoseconds(static_cast<std::int64_t>(ns))}});
  }
  return {};
}

}  // namespace joulemark::runtime

#include "runtime/shared_region.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <new>

#include "joulemark/frame.hpp"
#include "joulemark/shared_memory.hpp"

namespace joulemark::runtime {
namespace {

using protocol::kCompletionCapacity;
using protocol::ShmHeader;

constexpr std::size_t kRingOffset = 4096;
constexpr std::size_t kInputOffset = kRingOffset + kCompletionCapacity * sizeof(std::uint64_t);
/// Tensors begin on a cache line.
constexpr std::size_t kAlignment = 64;

ShmHeader& header(void* base) { return *static_cast<ShmHeader*>(base); }

auto no_memory(std::size_t bytes) {
  return fail(ErrorKind::out_of_memory,
              fmt::format("cannot share {} MiB with the worker: {}", bytes >> 20, strerror(errno)),
              "Close other programs, or raise the memory limit of this process");
}

}  // namespace

Result<SharedRegion> SharedRegion::create() {
  SharedRegion region(memfd_create("joulemark", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (region.fd_ < 0) return no_memory(kInputOffset);
  // A worker that cut it short would end this process by SIGBUS.
  if (fcntl(region.fd_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return no_memory(kInputOffset);
  if (auto mapped = region.map(kInputOffset); !mapped) return tl::unexpected(mapped.error());
  auto* h = new (region.base_) ShmHeader{};
  h->magic = protocol::kShmMagic;
  h->version = protocol::kVersion;
  h->completions_offset = kRingOffset;
  h->completions_capacity = kCompletionCapacity;
  h->input_offset = h->output_offset = kInputOffset;
  return region;
}

SharedRegion::SharedRegion(SharedRegion&& other) noexcept
    : fd_(other.fd_),
      base_(other.base_),
      bytes_(other.bytes_),
      input_floats_(other.input_floats_),
      output_offset_(other.output_offset_),
      output_floats_(other.output_floats_),
      taken_(other.taken_) {
  other.fd_ = -1;
  other.base_ = nullptr;
}

SharedRegion::~SharedRegion() {
  if (base_ != nullptr) munmap(base_, bytes_);
  if (fd_ >= 0) close(fd_);
}

/// Grows the memory to `bytes`. Mapped first: once it has grown it cannot be made smaller again.
Result<void> SharedRegion::map(std::size_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (base == MAP_FAILED) return no_memory(bytes);
  if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0) {
    const auto error = no_memory(bytes);
    munmap(base, bytes);
    return error;
  }
  if (base_ != nullptr) munmap(base_, bytes_);
  base_ = base;
  bytes_ = bytes;
  return {};
}

Result<void> SharedRegion::resize(std::size_t input_floats, std::size_t output_floats) {
  const std::size_t input_end = kInputOffset + input_floats * sizeof(float);
  const std::size_t output_offset = (input_end + kAlignment - 1) / kAlignment * kAlignment;
  const std::size_t bytes = output_offset + output_floats * sizeof(float);
  if (bytes > bytes_) {
    if (auto mapped = map(bytes); !mapped) return mapped;
  }
  input_floats_ = input_floats;
  output_offset_ = output_offset;
  output_floats_ = output_floats;
  ShmHeader& h = header(base_);
  h.input_offset = kInputOffset;
  h.input_bytes = input_floats * sizeof(float);
  h.output_offset = output_offset;
  h.output_bytes = output_floats * sizeof(float);
  return {};
}

std::span<float> SharedRegion::input() {
  return {reinterpret_cast<float*>(static_cast<char*>(base_) + kInputOffset), input_floats_};
}

std::span<const float> SharedRegion::output() const {
  if (output_floats_ == 0) return {};
  const char* at = static_cast<const char*>(base_) + output_offset_;
  return {reinterpret_cast<const float*>(at), output_floats_};
}

void SharedRegion::begin_run() {
  ShmHeader& h = header(base_);
  h.completions_written.store(0, std::memory_order_relaxed);
  h.stop.store(0, std::memory_order_release);
  taken_ = 0;
}

void SharedRegion::ask_to_stop() { header(base_).stop.store(1, std::memory_order_release); }

Result<void> SharedRegion::take_completions(std::vector<Completion>& out) {
  const std::atomic<std::uint64_t>& counter = header(base_).completions_written;
  const std::uint64_t written = counter.load(std::memory_order_acquire);
  if (written < taken_) {
    return fail(ErrorKind::crashed,
                fmt::format("the worker counted {} completions after {}", written, taken_),
                "Report this with the worker's log: it breaks the protocol");
  }
  const auto overrun = [&](std::uint64_t count) {
    return fail(
        ErrorKind::unstable,
        fmt::format("completions {} to {} were overwritten before they were read", taken_, count),
        "The machine is too busy to measure on; close other programs");
  };
  if (written - taken_ >= kCompletionCapacity) return overrun(written);

  auto* ring = reinterpret_cast<std::uint64_t*>(static_cast<char*>(base_) + kRingOffset);
  const std::size_t before = out.size();
  for (std::uint64_t i = taken_; i < written; ++i) {
    const std::uint64_t ns =
        std::atomic_ref(ring[i % kCompletionCapacity]).load(std::memory_order_relaxed);
    out.push_back({Instant{Nanoseconds(static_cast<std::int64_t>(ns))}});
  }
  // The worker went on meanwhile, and may be writing the stamp that follows its count.
  std::atomic_thread_fence(std::memory_order_acquire);
  const std::uint64_t now = counter.load(std::memory_order_relaxed);
  if (written > taken_ && now - taken_ >= kCompletionCapacity) {
    out.resize(before);
    return overrun(now);
  }
  taken_ = written;
  return {};
}

Result<void> check_stamps(std::span<const Completion> stamps, Instant not_before, Instant now) {
  for (const Completion& c : stamps) {
    if (c.at < not_before || c.at > now) {
      return fail(
          ErrorKind::crashed,
          fmt::format("the worker stamped a completion {} ns {}",
                      c.at > now ? (c.at - now).count() : (not_before - c.at).count(),
                      c.at > now ? "in the future" : "before its run or the completion before it"),
          "Report this: stamps are CLOCK_MONOTONIC in ns, taken when a step is complete");
    }
    not_before = c.at;
  }
  return {};
}

}  // namespace joulemark::runtime

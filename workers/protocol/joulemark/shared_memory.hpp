#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

/// Layout of the memory that controller and worker share; see docs/worker-protocol.md.
namespace joulemark::protocol {

inline constexpr std::uint32_t kShmMagic = 0x4d4a3153;
inline constexpr std::uint64_t kCompletionCapacity = 65536;

/// At offset 0. Only `completions_written` and `stop` change while a run is on.
struct ShmHeader {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t completions_offset;
  std::uint64_t completions_capacity;
  std::uint64_t input_offset;
  std::uint64_t input_bytes;
  std::uint64_t output_offset;
  std::uint64_t output_bytes;
  std::atomic<std::uint64_t> completions_written;
  std::atomic<std::uint32_t> stop;
  std::uint32_t reserved;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(ShmHeader) == 72);
static_assert(offsetof(ShmHeader, completions_written) == 56);
static_assert(offsetof(ShmHeader, stop) == 64);
}  // namespace joulemark::protocol

#pragma once

#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdint>
#include <stdexcept>

#include "joulemark/frame.hpp"
#include "joulemark/shared_memory.hpp"

namespace joulemark::protocol {

/// The worker's mapping of the shared memory.
class SharedMemory {
 public:
  explicit SharedMemory(int fd) : fd_(fd) { remap(); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() {
    if (base_ != nullptr) munmap(base_, bytes_);
  }

  /// Maps what the controller has grown the memory to. Throws std::runtime_error when that cannot
  /// be mapped or contradicts itself; the mapping that was there stays.
  void remap() {
    struct stat s{};
    if (fstat(fd_, &s) != 0 || static_cast<std::size_t>(s.st_size) < sizeof(ShmHeader)) {
      throw std::runtime_error("shared memory is smaller than its header");
    }
    const auto bytes = static_cast<std::size_t>(s.st_size);
    void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (base == MAP_FAILED) throw std::runtime_error("cannot map the shared memory");
    if (const char* fault = fault_in(*static_cast<const ShmHeader*>(base), bytes)) {
      munmap(base, bytes);
      throw std::runtime_error(fault);
    }
    if (base_ != nullptr) munmap(base_, bytes_);
    base_ = base;
    bytes_ = bytes;
  }

  ShmHeader& header() { return *static_cast<ShmHeader*>(base_); }
  float* input() { return reinterpret_cast<float*>(at(header().input_offset)); }
  float* output() { return reinterpret_cast<float*>(at(header().output_offset)); }
  std::uint64_t* completions() {
    return reinterpret_cast<std::uint64_t*>(at(header().completions_offset));
  }

 private:
  static const char* fault_in(const ShmHeader& h, std::uint64_t bytes) {
    if (h.magic != kShmMagic || h.version != kVersion) {
      return "shared memory has another layout version";
    }
    const auto inside = [&](std::uint64_t offset, std::uint64_t length) {
      return offset % 8 == 0 && offset <= bytes && length <= bytes - offset;
    };
    const bool fits = h.completions_capacity > 0 && h.completions_capacity <= bytes / 8 &&
                      inside(h.completions_offset, h.completions_capacity * 8) &&
                      inside(h.input_offset, h.input_bytes) &&
                      inside(h.output_offset, h.output_bytes);
    return fits ? nullptr : "shared memory regions do not fit into it";
  }

  char* at(std::uint64_t offset) { return static_cast<char*>(base_) + offset; }
  int fd_;
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace joulemark::protocol

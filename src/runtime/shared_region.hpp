#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "runtime/worker.hpp"

namespace joulemark::runtime {

/// The controller's side of the memory shared with a worker; layout in joulemark/shared_memory.hpp.
class SharedRegion {
 public:
  static Result<SharedRegion> create();
  SharedRegion(SharedRegion&& other) noexcept;
  SharedRegion& operator=(SharedRegion&&) = delete;
  SharedRegion(const SharedRegion&) = delete;
  ~SharedRegion();

  int descriptor() const { return fd_; }
  /// Makes room for tensors of these many floats. Errors: out_of_memory.
  Result<void> resize(std::size_t input_floats, std::size_t output_floats);
  std::span<float> input();
  std::span<const float> output() const;

  /// Forgets the completions of the last run and clears the stop word.
  void begin_run();
  void ask_to_stop();
  /// Appends completions that came since. Error: protocol when the ring was overrun, or the worker
  /// counted backwards.
  Result<void> take_completions(std::vector<Completion>& out);

 private:
  SharedRegion(int fd, void* base, std::size_t bytes) : fd_(fd), base_(base), bytes_(bytes) {}
  int fd_ = -1;
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace joulemark::runtime

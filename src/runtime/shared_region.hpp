#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "runtime/worker.hpp"

namespace joulemark::runtime {

/// The controller's side of the memory shared with a worker; layout in joulemark/shared_memory.hpp.
/// The worker can write every byte of it, so nothing in it is believed: sizes are kept here, and
/// the memory is sealed against being made smaller.
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
  /// Appends completions that came since. Errors: unstable when stamps were overwritten before they
  /// were read, crashed when the worker counts backwards.
  Result<void> take_completions(std::vector<Completion>& out);
  /// How many were taken since the run began.
  std::uint64_t taken() const { return taken_; }

 private:
  explicit SharedRegion(int fd) : fd_(fd) {}
  Result<void> map(std::size_t bytes);

  int fd_ = -1;
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t input_floats_ = 0;
  std::size_t output_offset_ = 0;
  std::size_t output_floats_ = 0;
  std::uint64_t taken_ = 0;
};

/// Checks what must hold of stamps taken from CLOCK_MONOTONIC at completion: they are in order,
/// none is before `not_before` and none after `now`. Error: crashed.
Result<void> check_stamps(std::span<const Completion> stamps, Instant not_before, Instant now);

}  // namespace joulemark::runtime

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace joulemark {

/// Calls `work(i)` once for each i below `count`, in that order, up to `threads` at a time; returns
/// when all have returned. For work that is pure and has a place of its own for its result. It must
/// not throw.
template <typename Work>
void for_each_below(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take_turns = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(take_turns);
  take_turns();
}

/// As many as the machine has CPUs.
inline std::size_t all_cpus() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace joulemark

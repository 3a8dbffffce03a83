#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// On which machines others have measured how many images a second a model infers.
namespace joulemark::catalogue {

/// One machine and way to run: a series of timm's benchmark tables, one for each release of
/// PyTorch.
struct Benchmark {
  std::string_view column;  ///< of speeds.csv
  std::string_view title;
};
inline constexpr std::size_t kBenchmarks = 9;
std::span<const Benchmark, kBenchmarks> benchmarks();

/// Whose table a file is, by its place in `benchmarks()`: "benchmark-infer-amp-nhwc-pt240-cu124-
/// rtx4090.csv". Absent for other machines and precisions.
std::optional<std::size_t> benchmark_of(std::string_view file);

/// How fast an architecture ran on them at one size.
struct Speed {
  std::string architecture;
  std::int64_t size = 0;  ///< pixels
  /// images/s at the largest batch that fitted, up to 2048
  std::array<std::optional<double>, kBenchmarks> images_per_s;
};

}  // namespace joulemark::catalogue

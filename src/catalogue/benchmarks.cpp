#include "catalogue/benchmarks.hpp"

#include "base/text.hpp"

namespace joulemark::catalogue {
namespace {

constexpr std::array<Benchmark, kBenchmarks> kTable = {{
    {"rtx3090_nchw", "RTX 3090, AMP"},
    {"rtx3090_nhwc", "RTX 3090, AMP, channels_last"},
    {"rtx4090_nchw", "RTX 4090, AMP"},
    {"rtx4090_nhwc", "RTX 4090, AMP, channels_last"},
    {"rtx4090_nchw_compiled", "RTX 4090, AMP, torch.compile"},
    {"rtx5090_nchw", "RTX 5090, AMP"},
    {"rtx5090_nchw_compiled", "RTX 5090, AMP, torch.compile"},
    {"pro6000_nchw", "RTX PRO 6000 Max-Q, AMP"},
    {"pro6000_nchw_compiled", "RTX PRO 6000 Max-Q, AMP, torch.compile"},
}};

struct Files {
  const char* pattern;
  std::string_view column;
};
/// The first that matches; upstream has named one machine in two ways.
constexpr Files kFiles[] = {
    {"benchmark-infer-amp-nchw-pt*-rtx3090.csv", "rtx3090_nchw"},
    {"benchmark-infer-amp-nhwc-pt*-rtx3090.csv", "rtx3090_nhwc"},
    {"benchmark-infer-amp-nchw-pt*-*4090.csv", "rtx4090_nchw"},
    {"benchmark-infer-amp-nhwc-pt*-*4090.csv", "rtx4090_nhwc"},
    {"benchmark-infer-amp-nchw-pt*-*4090-dynamo.csv", "rtx4090_nchw_compiled"},
    {"benchmark-infer-amp-nchw-pt*-*5090.csv", "rtx5090_nchw"},
    {"benchmark-infer-amp-nchw-pt*-*5090-dynamo.csv", "rtx5090_nchw_compiled"},
    {"benchmark-infer-amp-nchw-pt*-pro6000maxq.csv", "pro6000_nchw"},
    {"benchmark-infer-amp-nchw-pt*-pro6000maxq-dynamo.csv", "pro6000_nchw_compiled"},
};

}  // namespace

std::span<const Benchmark, kBenchmarks> benchmarks() { return kTable; }

std::optional<std::size_t> benchmark_of(std::string_view file) {
  for (const Files& files : kFiles) {
    if (!matches(files.pattern, file)) continue;
    for (std::size_t i = 0; i < kTable.size(); ++i) {
      if (kTable[i].column == files.column) return i;
    }
  }
  return std::nullopt;
}

}  // namespace joulemark::catalogue

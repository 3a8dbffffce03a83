#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "joulemark/serve.hpp"

namespace joulemark::reference_worker {

/// The known function: logit[c] = sum over p of w(seed, c, p) * x[p] / sqrt(P), with P = C*H*W and
/// w in [-1, 1) from SplitMix64 (Steele, Lea, Flood 2014) of (seed, c * P + p). Shapes: pixels
/// [images, P], result [images, classes].
std::vector<float> project(const float* pixels, std::int64_t images, std::int64_t values_per_image,
                           std::int64_t classes, std::uint64_t seed);

/// Runs artefacts of format "reference": JSON that says how long a step takes and what goes wrong.
/// docs/worker-protocol.md lists the behaviours.
std::unique_ptr<protocol::Runtime> make_reference_runtime(int protocol_fd);

}  // namespace joulemark::reference_worker

#pragma once

#include <memory>

#include "joulemark/serve.hpp"

namespace joulemark::torch_worker {

/// LibTorch as a worker runtime: TorchScript (`torchscript`) and AOTInductor packages (`aoti`).
std::unique_ptr<protocol::Runtime> make_torch_runtime();

}  // namespace joulemark::torch_worker

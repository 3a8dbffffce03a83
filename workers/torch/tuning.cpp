#include "tuning.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>

#include <nlohmann/json.hpp>

#include "joulemark/serve.hpp"

namespace joulemark::torch_worker {

Tuning read_tuning(const nlohmann::json& options) {
  Tuning tuning;
  for (const auto& [name, value] : options.items()) {
    bool* setting = name == "jit_fuser"         ? &tuning.jit_fuser
                    : name == "cudnn_benchmark" ? &tuning.cudnn_benchmark
                                                : nullptr;
    if (setting == nullptr) {
      throw protocol::RequestError("load_failed", "option '" + name +
                                                      "' is not one of this worker's: jit_fuser, "
                                                      "cudnn_benchmark");
    }
    if (!value.is_boolean()) {
      throw protocol::RequestError("load_failed", "option '" + name + "' is not true or false");
    }
    *setting = value.get<bool>();
  }
  return tuning;
}

void apply(const Tuning& tuning, bool rounded_products) {
  at::globalContext().setAllowTF32CuBLAS(rounded_products);
  at::globalContext().setAllowTF32CuDNN(rounded_products);
  torch::jit::setTensorExprFuserEnabled(tuning.jit_fuser);
  at::globalContext().setBenchmarkCuDNN(tuning.cudnn_benchmark);
}

nlohmann::json settings_in_force() {
  return {{"jit_fuser", torch::jit::tensorExprFuserEnabled()},
          {"cudnn_benchmark", at::globalContext().benchmarkCuDNN()},
          {"tf32", at::globalContext().allowTF32CuBLAS() && at::globalContext().allowTF32CuDNN()},
          {"threads", at::get_num_threads()}};
}

}  // namespace joulemark::torch_worker

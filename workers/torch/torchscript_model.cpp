#include <torch/script.h>

#include "joulemark/serve.hpp"
#include "model.hpp"

namespace joulemark::torch_worker {
namespace {

class TorchScriptModel final : public Model {
 public:
  TorchScriptModel(const std::string& path, const c10::Device& device)
      : module_(torch::jit::load(path, device)) {
    // Neither freezing nor optimize_for_inference: both made models slower than eager.
    module_.eval();
  }

  at::Tensor forward(const at::Tensor& batch) override {
    inputs_.assign(1, batch);
    const c10::IValue out = module_.forward(inputs_);
    if (!out.isTensor()) {
      throw protocol::RequestError("load_failed", "the model returns " + out.tagKind() +
                                                      " where one tensor of logits is expected");
    }
    return out.toTensor();
  }

 private:
  torch::jit::Module module_;
  std::vector<c10::IValue> inputs_;
};

}  // namespace

std::unique_ptr<Model> load_torchscript(const std::string& path, const c10::Device& device) {
  return std::make_unique<TorchScriptModel>(path, device);
}

}  // namespace joulemark::torch_worker

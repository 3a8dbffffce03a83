#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include "joulemark/serve.hpp"
#include "model.hpp"

namespace joulemark::torch_worker {
namespace {

class AotiModel final : public Model {
 public:
  AotiModel(const std::string& path, const c10::Device& device, bool single_threaded)
      : loader_(path, "model", single_threaded, 1, device.is_cuda() ? device.index() : -1) {}

  at::Tensor forward(const at::Tensor& batch) override {
    const std::vector<at::Tensor> out = loader_.run({batch});
    if (out.size() != 1) {
      throw protocol::RequestError("load_failed", "the model returns " +
                                                      std::to_string(out.size()) +
                                                      " tensors where one of logits is expected");
    }
    return out.front();
  }

 private:
  torch::inductor::AOTIModelPackageLoader loader_;
};

}  // namespace

std::unique_ptr<Model> load_aoti(const std::string& path, const c10::Device& device,
                                 bool single_threaded) {
  return std::make_unique<AotiModel>(path, device, single_threaded);
}

}  // namespace joulemark::torch_worker

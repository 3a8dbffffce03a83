#include <torch/script.h>

#include "joulemark/serve.hpp"
#include "model.hpp"

namespace joulemark::torch_worker {
namespace {

namespace jit = torch::jit;

/// A number of Python's, as tracing records it: of no dimension, and of the widest type.
bool is_number(const at::Tensor& t) {
  const auto type = t.scalar_type();
  return t.dim() == 0 && (type == at::kLong || type == at::kDouble || type == at::kBool);
}

/// Loading onto a device moves every constant there, also the numbers that a trace computes sizes
/// with ("half of the height"). A size has to be known on the host, so that each would cost a wait
/// for the device within the step: eager has none of them, and no step that has one can be captured
/// as a CUDA graph.
void keep_on_host(jit::Node* node) {
  const at::Tensor number = node->t(c10::attr::value).cpu();
  node->t_(c10::attr::value, number);
  node->output()->inferTypeFrom(number);
}

/// A trace names the device that it was made on, where a step makes a tensor of its own. Loading
/// leaves that name: on the second GPU such tensors would lie on the first.
void name_device(jit::Node* node, const c10::Device& device) {
  if (node->s(c10::attr::value).starts_with("cuda")) node->s_(c10::attr::value, device.str());
}

void settle_constants(jit::Block* block, const c10::Device& device) {
  for (jit::Node* node : block->nodes()) {
    for (jit::Block* inner : node->blocks()) settle_constants(inner, device);
    if (node->kind() != c10::prim::Constant || !node->hasAttribute(c10::attr::value)) continue;
    const auto kind = node->kindOf(c10::attr::value);
    if (kind == jit::AttributeKind::t && is_number(node->t(c10::attr::value))) keep_on_host(node);
    if (kind == jit::AttributeKind::s &&
        node->output()->type()->kind() == c10::TypeKind::DeviceObjType)
      name_device(node, device);
  }
}

/// Before its first run a module can be changed.
void settle_constants(const jit::Module& module, const c10::Device& device) {
  for (const jit::Module& part : module.modules()) {
    for (const jit::Method& method : part.get_methods())
      settle_constants(method.graph()->block(), device);
  }
}

class TorchScriptModel final : public Model {
 public:
  TorchScriptModel(const std::string& path, const c10::Device& device)
      : module_(jit::load(path, device)) {
    // Neither freezing nor optimize_for_inference: both made models slower than eager.
    module_.eval();
    settle_constants(module_, device);
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
  jit::Module module_;
  std::vector<c10::IValue> inputs_;
};

}  // namespace

std::unique_ptr<Model> load_torchscript(const std::string& path, const c10::Device& device) {
  return std::make_unique<TorchScriptModel>(path, device);
}

}  // namespace joulemark::torch_worker

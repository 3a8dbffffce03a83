#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

namespace joulemark::torch_worker {

/// A loaded artefact that maps a batch to logits on one device.
class Model {
 public:
  virtual ~Model() = default;
  /// `batch` is [B, 3, H, W] in the model's precision, layout and device; returns [B, classes].
  /// On a GPU the work is queued on the current stream and not waited for.
  virtual at::Tensor forward(const at::Tensor& batch) = 0;
};

/// Both throw c10::Error or RequestError("load_failed") for a file that is not such a model.
std::unique_ptr<Model> load_torchscript(const std::string& path, const c10::Device& device);
/// `single_threaded` is what capturing in a CUDA graph needs: the loader then takes no lock and
/// makes no stream of its own.
std::unique_ptr<Model> load_aoti(const std::string& path, const c10::Device& device,
                                 bool single_threaded);

}  // namespace joulemark::torch_worker

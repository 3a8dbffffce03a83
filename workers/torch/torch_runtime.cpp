#include "torch_runtime.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <new>

#include "device.hpp"
#include "failure_text.hpp"
#include "model.hpp"
#include "tuning.hpp"

namespace joulemark::torch_worker {
namespace {

using protocol::RequestError;

at::ScalarType scalar_type(const std::string& precision) {
  if (precision == "fp32" || precision == "tf32") return at::kFloat;
  if (precision == "fp16") return at::kHalf;
  if (precision == "bf16") return at::kBFloat16;
  throw RequestError("load_failed",
                     "precision '" + precision + "' is not fp32, tf32, fp16 or bf16");
}

at::MemoryFormat memory_format(const std::string& layout) {
  if (layout == "contiguous") return at::MemoryFormat::Contiguous;
  if (layout == "channels_last") return at::MemoryFormat::ChannelsLast;
  throw RequestError("load_failed", "layout '" + layout + "' is not contiguous or channels_last");
}

std::int64_t peak_host_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

/// True for errors that mean "no memory" without having that type: the CPU allocator and the
/// libraries under torch only say so in words.
bool says_out_of_memory(const std::string& message) {
  static constexpr std::array kWords = {"can't allocate memory", "out of memory", "ALLOC_FAILED"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* words) { return message.find(words) != std::string::npos; });
}

class TorchRuntime final : public protocol::Runtime {
 public:
  nlohmann::json hello() override {
    return {{"worker", "torch"},
            {"runtime_version", torch_version()},
            {"formats", {"torchscript", "aoti"}},
            {"devices", list_devices()}};
  }

  nlohmann::json load(const protocol::LoadSpec& spec) override {
    spec_ = spec;
    device_ = parse_device(spec.device);
    scalar_ = scalar_type(spec.precision);
    format_ = memory_format(spec.layout);
    if (spec.precision == "tf32" && !device_.is_cuda())
      throw RequestError("load_failed", "tf32 is a precision of GPUs: take fp32 on " + spec.device);
    const Tuning tuning = read_tuning(spec.options);
    queue_ = open_queue(device_, spec.threads);
    apply(tuning, spec.precision == "tf32");
    guarded("load_failed", [&] {
      if (spec.format == "torchscript") {
        model_ = load_torchscript(spec.artefact, device_);
      } else if (spec.format == "aoti") {
        model_ = load_aoti(spec.artefact, device_, spec.cuda_graph);
      } else {
        throw RequestError("load_failed",
                           "format '" + spec.format + "' is not one of this worker's");
      }
    });
    nlohmann::json facts = {{"host_memory_bytes", peak_host_bytes()},
                            {"settings", settings_in_force()}};
    if (const auto bytes = queue_->memory_bytes()) facts["device_memory_bytes"] = *bytes;
    return facts;
  }

  void set_input(const float* pixels, std::int64_t images) override {
    require_model();
    if (images < 1) throw RequestError("invalid_request", "input needs at least one image");
    std::vector<std::int64_t> shape = {images};
    shape.insert(shape.end(), spec_.input_shape.begin(), spec_.input_shape.end());
    guarded("run_failed", [&] {
      // Converted once, here: nothing but the model runs inside the measured loop.
      images_ =
          at::from_blob(const_cast<float*>(pixels), shape, at::kFloat).to(device_, scalar_).clone();
    });
    forget_batch();
  }

  void infer(std::int64_t batch, float* logits) override {
    require_input();
    forget_batch();
    guarded("run_failed", [&] {
      const std::int64_t images = images_.size(0);
      for (std::int64_t first = 0; first < images; first += batch) {
        const at::Tensor out = checked(model_->forward(make_batch(batch, first)), batch);
        const std::int64_t wanted = std::min(batch, images - first);
        const at::Tensor rows = out.slice(0, 0, wanted).to(at::kCPU, at::kFloat).contiguous();
        std::copy_n(rows.const_data_ptr<float>(), wanted * spec_.classes,
                    logits + first * spec_.classes);
      }
    });
  }

  void prepare(std::int64_t batch) override {
    require_input();
    guarded("run_failed", [&] {
      forget_batch();
      batch_ = make_batch(batch, 0);
      for (int i = 0; spec_.cuda_graph && i < kWarmBeforeCapture; ++i)
        checked(model_->forward(batch_), batch);
    });
    if (spec_.cuda_graph) capture();
  }

  void submit() override {
    guarded("run_failed", [&] {
      if (captured_) {
        queue_->submit_captured();
      } else {
        queue_->submit([&] { model_->forward(batch_); });
      }
    });
  }

  void wait_oldest() override {
    guarded("run_failed", [&] { queue_->wait_oldest(); });
  }

 private:
  /// Kernel selection and lazy initialisation must be over before a graph is captured.
  static constexpr int kWarmBeforeCapture = 3;

  /// A model that waits for the device, or copies from it, within a step cannot be captured,
  /// however well it runs.
  void capture() {
    constexpr const char* kWhat = "its steps cannot be captured as a CUDA graph: ";
    guarded(
        "load_failed",
        [&] { captured_ = queue_->capture([&] { captured_output_ = model_->forward(batch_); }); },
        kWhat);
    if (!captured_) throw RequestError("load_failed", std::string(kWhat) + "the device is no GPU");
  }

  static c10::Device parse_device(const std::string& name) {
    try {
      c10::Device device(name);
      if (device.is_cuda() && !device.has_index()) device.set_index(0);
      return device;
    } catch (const c10::Error&) {
      throw RequestError("load_failed", "device '" + name + "' is not cpu or cuda:N");
    }
  }

  void require_model() const {
    if (!model_) throw RequestError("invalid_request", "no model is loaded");
  }
  void require_input() const {
    require_model();
    if (!images_.defined()) throw RequestError("invalid_request", "no input was given");
  }

  /// Image i of the batch is base image (first + i) mod N.
  at::Tensor make_batch(std::int64_t batch, std::int64_t first) const {
    if (batch < 1) throw RequestError("invalid_request", "a batch has at least one image");
    const at::Tensor index = at::arange(first, first + batch, at::kLong).remainder(images_.size(0));
    return images_.index_select(0, index.to(device_)).contiguous(format_);
  }

  at::Tensor checked(const at::Tensor& out, std::int64_t batch) const {
    if (out.dim() != 2 || out.size(0) != batch || out.size(1) != spec_.classes) {
      std::string shape;
      for (const auto n : out.sizes()) shape += (shape.empty() ? "" : ", ") + std::to_string(n);
      throw RequestError("load_failed", "the model returns [" + shape + "] where [" +
                                            std::to_string(batch) + ", " +
                                            std::to_string(spec_.classes) + "] is expected");
    }
    return out;
  }

  void forget_batch() {
    if (captured_) queue_->drop_capture();
    captured_ = false;
    captured_output_ = at::Tensor();
    batch_ = at::Tensor();
  }

  /// Runs `action` and gives its failure a type, and `what` before its reason. After one, the
  /// memory of the batch is free again, so that a smaller batch can follow.
  template <class Action>
  void guarded(const char* kind, const Action& action, const char* what = "") {
    std::string failed_kind = kind;
    std::string message;
    try {
      action();
      return;
    } catch (const RequestError&) {
      throw;
    } catch (const c10::OutOfMemoryError& e) {
      failed_kind = "out_of_memory";
      message = e.what_without_backtrace();
    } catch (const std::bad_alloc&) {
      failed_kind = "out_of_memory";
      message = "the host is out of memory";
    } catch (const c10::Error& e) {
      message = e.what_without_backtrace();
      if (says_out_of_memory(message)) failed_kind = "out_of_memory";
    } catch (const std::exception& e) {
      message = e.what();
      if (says_out_of_memory(message)) failed_kind = "out_of_memory";
    }
    recover();
    throw RequestError(failed_kind, what + failure_text(message));
  }

  void recover() {
    try {
      forget_batch();
      if (queue_) queue_->release_memory();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The device is beyond recovery; the error that led here is the one to report.
    }
  }

  c10::InferenceMode inference_mode_;
  protocol::LoadSpec spec_;
  c10::Device device_{c10::kCPU};
  at::ScalarType scalar_ = at::kFloat;
  at::MemoryFormat format_ = at::MemoryFormat::Contiguous;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Model> model_;
  at::Tensor images_;  ///< [N, 3, H, W] on the device
  at::Tensor batch_;
  at::Tensor captured_output_;
  bool captured_ = false;
};

}  // namespace

std::unique_ptr<protocol::Runtime> make_torch_runtime() { return std::make_unique<TorchRuntime>(); }

}  // namespace joulemark::torch_worker

#include "device.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "joulemark/serve.hpp"

namespace joulemark::torch_worker {
namespace {

class CpuQueue final : public Queue {
 public:
  void submit(const std::function<void()>& step) override { step(); }
  void wait_oldest() override {}
  void drain() override {}
  bool capture(const std::function<void()>&) override { return false; }
  void submit_captured() override {}
  void drop_capture() override {}
  void release_memory() override {}
  std::optional<std::int64_t> memory_bytes() override { return std::nullopt; }
};

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "CPU";
}

}  // namespace

std::string torch_version() { return TORCH_VERSION; }

nlohmann::json list_devices() {
  auto devices =
      nlohmann::json::array({{{"name", "cpu"}, {"pci_bus_id", ""}, {"description", cpu_model()}}});
#ifdef JOULEMARK_CUDA
  append_cuda_devices(devices);
#endif
  return devices;
}

std::unique_ptr<Queue> open_queue(const c10::Device& device, int threads) {
  if (threads > 0) at::set_num_threads(threads);
  if (device.is_cpu()) return std::make_unique<CpuQueue>();
#ifdef JOULEMARK_CUDA
  if (device.is_cuda()) return open_cuda_queue(device);
#endif
  throw protocol::RequestError(
      "load_failed", "this build of torch (" + torch_version() + ") has no device " + device.str());
}

}  // namespace joulemark::torch_worker

// CUDA through torch's own streams, events and graphs; compiled only where torch has CUDA.

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cstdio>
#include <deque>

#include <nlohmann/json.hpp>

#include "device.hpp"
#include "joulemark/serve.hpp"

namespace joulemark::torch_worker {
namespace {

class CudaQueue final : public Queue {
 public:
  explicit CudaQueue(const c10::Device& device)
      : guard_(device),
        // A stream of our own: capturing is not allowed on the default one.
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())),
        stream_guard_(stream_) {}
  ~CudaQueue() override {
    try {
      drain();
    } catch (...) {  // the process is about to end; there is nobody left to tell
    }
  }

  void submit(const std::function<void()>& step) override {
    step();
    mark();
  }
  void wait_oldest() override {
    pending_.front().synchronize();
    spare_.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  void drain() override {
    stream_.synchronize();
    while (!pending_.empty()) wait_oldest();
  }
  bool capture(const std::function<void()>& step) override {
    drop_capture();
    drain();
    graph_ = std::make_unique<at::cuda::CUDAGraph>();
    graph_->capture_begin();
    step();
    graph_->capture_end();
    return true;
  }
  void submit_captured() override {
    graph_->replay();
    mark();
  }
  void drop_capture() override {
    if (graph_) drain();
    graph_.reset();
  }
  void release_memory() override {
    drain();
    c10::cuda::CUDACachingAllocator::emptyCache();
  }
  std::optional<std::int64_t> memory_bytes() override {
    std::size_t free = 0;
    std::size_t total = 0;
    if (cudaMemGetInfo(&free, &total) != cudaSuccess) return std::nullopt;
    return static_cast<std::int64_t>(total - free);
  }

 private:
  /// Waiting blocks instead of spinning: a spinning core draws power next to the device that is
  /// being measured, and on a host meter it would be part of the number.
  void mark() {
    if (spare_.empty()) {
      spare_.emplace_back(cudaEventDisableTiming | cudaEventBlockingSync);
    }
    pending_.push_back(std::move(spare_.front()));
    spare_.pop_front();
    pending_.back().record(stream_);
  }

  c10::cuda::CUDAGuard guard_;
  c10::cuda::CUDAStream stream_;
  c10::cuda::CUDAStreamGuard stream_guard_;
  std::deque<at::cuda::CUDAEvent> pending_;
  std::deque<at::cuda::CUDAEvent> spare_;
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
};

}  // namespace

void append_cuda_devices(nlohmann::json& devices) {
  int count = 0;
  // No driver is no error: the host then has its CPU only.
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return;
  }
  for (int i = 0; i < count; ++i) {
    char bus_id[32] = {};
    cudaDeviceProp properties{};
    if (cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, i) != cudaSuccess ||
        cudaGetDeviceProperties(&properties, i) != cudaSuccess) {
      continue;
    }
    devices.push_back({{"name", "cuda:" + std::to_string(i)},
                       {"pci_bus_id", bus_id},
                       {"description", properties.name}});
  }
}

std::unique_ptr<Queue> open_cuda_queue(const c10::Device& device) {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || device.index() >= count) {
    static_cast<void>(cudaGetLastError());
    throw protocol::RequestError("load_failed", "there is no " + device.str() + " on this host");
  }
  return std::make_unique<CudaQueue>(device);
}

}  // namespace joulemark::torch_worker

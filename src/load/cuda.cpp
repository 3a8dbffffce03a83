#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "load/cuda_api.hpp"
#include "load/load.hpp"

namespace joulemark::load {
namespace {

using namespace std::chrono_literals;

/// A kernel that runs for long holds up a display on the same GPU, and the driver may end it.
constexpr Nanoseconds kLongestKernel = 1s;
constexpr unsigned kThreads = 1024;
constexpr unsigned kBlocksPerMultiprocessor = 2;  ///< what all of them hold at most
constexpr std::size_t kStateBytes = 64;
constexpr int kLaunches = 64;

class CudaLoad final : public Load {
 public:
  CudaLoad(const cuda::Api& api, cuda::Device device, Clock& clock)
      : api_(api), device_(device), clock_(clock) {}
  ~CudaLoad() override {
    if (context_ == nullptr) return;
    static_cast<void>(wait());
    static_cast<void>(api_.release_context(device_));
  }

  /// Asks what can be asked without a context.
  Result<void> look() {
    std::array<char, 256> text{};
    if (auto ok = call("cuDeviceGetName", api_.name(text.data(), 256, device_)); !ok) return ok;
    const std::string name = text.data();
    if (auto ok = call("cuDeviceGetPCIBusId", api_.pci_bus_id(text.data(), 256, device_)); !ok) {
      return ok;
    }
    pci_bus_id_ = text.data();
    auto counted = call("cuDeviceGetAttribute",
                        api_.attribute(&multiprocessors_, cuda::kMultiprocessors, device_));
    if (!counted) return counted;
    description_ = fmt::format("FMA kernel on {}, {} multiprocessors", name, multiprocessors_);
    return {};
  }

  std::string description() const override { return description_; }
  std::string pci_bus_id() const override { return pci_bus_id_; }
  std::string closed_state() const override { return "no context of this process"; }
  std::string open_state() const override { return "with a context, nothing runs"; }

  Result<void> open() override {
    // The flags hold for a context that is made after; one that is there already keeps its own.
    static_cast<void>(api_.set_context_flags(device_, cuda::kBlockingSync));
    cuda::Module module = nullptr;
    return call("cuDevicePrimaryCtxRetain", api_.retain_context(&context_, device_))
        .and_then([&] { return call("cuCtxSetCurrent", api_.set_current(context_)); })
        .and_then([&] { return call("cuModuleLoadData", api_.load_module(&module, cuda::kPtx)); })
        .and_then(
            [&] { return call("cuModuleGetFunction", api_.function(&mark_, module, "mark")); })
        .and_then(
            [&] { return call("cuModuleGetFunction", api_.function(&burn_, module, "burn")); })
        .and_then([&] {
          return call("cuStreamCreate", api_.create_stream(&stream_, cuda::kNonBlockingStream));
        })
        .and_then([&] { return call("cuMemAlloc", api_.allocate(&state_, kStateBytes)); });
  }

  Result<Instant> start(const Square& square, Nanoseconds length) override {
    const Instant before = clock_.now();
    std::array<void*, 1> mark_parameters = {&state_};
    auto marked = launch(mark_, 1, 1, mark_parameters.data()).and_then([&] { return wait(); });
    if (!marked) return tl::unexpected(marked.error());
    const Instant began = before + (clock_.now() - before) / 2;
    auto period = static_cast<std::uint64_t>(square.period.count());
    auto high = static_cast<std::uint64_t>(square.high.count());
    for (Nanoseconds until{0}; until < length;) {
      until = std::min(until + kLongestKernel, length);
      auto end = static_cast<std::uint64_t>(until.count());
      std::array<void*, 4> parameters = {&state_, &period, &high, &end};
      const auto blocks = static_cast<unsigned>(multiprocessors_) * kBlocksPerMultiprocessor;
      if (auto ok = launch(burn_, blocks, kThreads, parameters.data()); !ok) {
        return tl::unexpected(ok.error());
      }
    }
    return began;
  }

  Result<void> wait() override { return call("cuStreamSynchronize", api_.synchronize(stream_)); }

  /// Only the launches are timed, never waiting: the device's queue holds more than kLaunches. A
  /// new thread, so that the scheduler chooses a processor anew, as for every worker.
  Result<std::optional<double>> launches_per_second(Nanoseconds length) override {
    Result<void> done;
    Nanoseconds spent{0};
    std::size_t launched = 0;
    std::thread([&] {
      done = call("cuCtxSetCurrent", api_.set_current(context_));
      const Instant until = clock_.now() + length;
      while (done && clock_.now() < until) {
        const Instant before = clock_.now();
        std::array<void*, 1> parameters = {&state_};
        for (int i = 0; done && i < kLaunches; ++i) done = launch(mark_, 1, 1, parameters.data());
        spent += clock_.now() - before;
        launched += kLaunches;
        if (done) done = wait();
      }
    }).join();
    if (!done) return tl::unexpected(done.error());
    if (spent <= Nanoseconds(0)) return std::nullopt;
    return static_cast<double>(launched) / seconds(spent);
  }

 private:
  Result<void> launch(cuda::Function function, unsigned blocks, unsigned threads,
                      void** parameters) {
    return call("cuLaunchKernel", api_.launch(function, blocks, 1, 1, threads, 1, 1, 0, stream_,
                                              parameters, nullptr));
  }

  Result<void> call(const char* what, cuda::Status status) const {
    if (status == cuda::kSuccess) return {};
    return fail(
        ErrorKind::unsupported, cuda::describe(api_, what, status),
        "See `nvidia-smi`: the GPU must be free for compute, and of the Volta generation or "
        "newer");
  }

  cuda::Api api_;
  cuda::Device device_;
  Clock& clock_;
  std::string description_, pci_bus_id_;
  int multiprocessors_ = 0;
  cuda::Context context_ = nullptr;
  cuda::Function mark_ = nullptr;
  cuda::Function burn_ = nullptr;
  cuda::Stream stream_ = nullptr;
  cuda::Pointer state_ = 0;
};

}  // namespace

Result<std::unique_ptr<Load>> open_cuda(int device, Clock& clock, const std::string& library) {
  const auto api = cuda::load(library.empty() ? "libcuda.so.1" : library);
  if (!api) return tl::unexpected(api.error());
  int count = 0;
  if (api->device_count(&count) != cuda::kSuccess) count = 0;
  cuda::Device handle = 0;
  if (device < 0 || device >= count || api->device(&handle, device) != cuda::kSuccess) {
    return fail(ErrorKind::not_found, fmt::format("there is no cuda:{}", device),
                fmt::format("CUDA sees {} devices; CUDA_VISIBLE_DEVICES may hide some", count));
  }
  auto load = std::make_unique<CudaLoad>(*api, handle, clock);
  if (auto ok = load->look(); !ok) return tl::unexpected(ok.error());
  return load;
}

}  // namespace joulemark::load

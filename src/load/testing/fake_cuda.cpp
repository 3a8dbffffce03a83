// A libcuda.so.1 without a GPU. It notes the launches, which fake_cuda_launches() returns as text,
// and waiting for the stream sleeps until the last one would have ended. $JOULEMARK_FAKE_CUDA holds
// settings separated by ';':
//   devices=2              how many GPUs; bus ids 00000000:01:00.0 and up
//   fail=cuLaunchKernel    the function of this name returns error 700
//   init=100               what cuInit returns

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "load/cuda_api.hpp"

namespace joulemark::load::cuda {
struct ContextHandle {};
struct ModuleHandle {};
struct FunctionHandle {
  const char* name;
};
struct StreamHandle {};
}  // namespace joulemark::load::cuda

namespace {

namespace cuda = joulemark::load::cuda;
using cuda::Status;

cuda::ContextHandle g_context;
cuda::ModuleHandle g_module;
cuda::FunctionHandle g_mark{"mark"};
cuda::FunctionHandle g_burn{"burn"};
cuda::StreamHandle g_stream;
std::string g_launches;
std::int64_t g_marked = 0;
std::int64_t g_ends = 0;
std::int64_t g_context_since = INT64_MAX;

/// Times in nanoseconds; from and to of CLOCK_MONOTONIC.
struct Square {
  std::int64_t from, to, period, high;

  /// Busy time until `t`.
  double busy_until(double t) const {
    const double since = std::clamp(t, static_cast<double>(from), static_cast<double>(to)) -
                         static_cast<double>(from);
    const double whole = std::floor(since / static_cast<double>(period));
    const double rest = since - whole * static_cast<double>(period);
    return whole * static_cast<double>(high) + std::min(rest, static_cast<double>(high));
  }
};
std::vector<Square> g_squares;

std::string setting(const std::string& key) {
  const char* text = std::getenv("JOULEMARK_FAKE_CUDA");
  const std::string all = std::string(";") + (text != nullptr ? text : "") + ";";
  const auto at = all.find(";" + key + "=");
  if (at == std::string::npos) return "";
  const auto from = at + key.size() + 2;
  return all.substr(from, all.find(';', from) - from);
}
int number(const std::string& key, int otherwise) {
  const std::string text = setting(key);
  return text.empty() ? otherwise : std::atoi(text.c_str());
}
Status status(const char* function) { return setting("fail") == function ? 700 : cuda::kSuccess; }

std::int64_t now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

}  // namespace

extern "C" {

const char* fake_cuda_launches() { return g_launches.c_str(); }

/// Seconds between two times of CLOCK_MONOTONIC in which the GPU was busy.
double fake_cuda_busy_seconds(double from, double to) {
  double busy = 0.0;
  for (const Square& s : g_squares) busy += s.busy_until(to * 1e9) - s.busy_until(from * 1e9);
  return busy * 1e-9;
}
/// Seconds between two times of CLOCK_MONOTONIC in which there was a context.
double fake_cuda_context_seconds(double from, double to) {
  const double since = static_cast<double>(g_context_since) * 1e-9;
  return std::max(0.0, to - std::max(from, since));
}

Status cuInit(unsigned) { return number("init", 0); }
Status cuGetErrorString(Status s, const char** text) {
  *text = s == cuda::kNoDevice ? "no CUDA-capable device is detected" : "a fake error";
  return cuda::kSuccess;
}
Status cuDeviceGetCount(int* count) {
  *count = number("devices", 1);
  return cuda::kSuccess;
}
Status cuDeviceGet(cuda::Device* device, int index) {
  *device = index;
  return status("cuDeviceGet");
}
Status cuDeviceGetName(char* out, int size, cuda::Device) {
  std::snprintf(out, static_cast<std::size_t>(size), "Fake GPU");
  return status("cuDeviceGetName");
}
Status cuDeviceGetPCIBusId(char* out, int size, cuda::Device device) {
  std::snprintf(out, static_cast<std::size_t>(size), "0000:%02x:00.0", device + 1);
  return status("cuDeviceGetPCIBusId");
}
Status cuDeviceGetAttribute(int* value, int which, cuda::Device) {
  *value = which == cuda::kMultiprocessors ? 10 : 0;
  return status("cuDeviceGetAttribute");
}
Status cuDevicePrimaryCtxSetFlags_v2(cuda::Device, unsigned) { return cuda::kSuccess; }
Status cuDevicePrimaryCtxRetain(cuda::Context* context, cuda::Device) {
  *context = &g_context;
  g_context_since = std::min(g_context_since, now());
  return status("cuDevicePrimaryCtxRetain");
}
Status cuDevicePrimaryCtxRelease_v2(cuda::Device) { return cuda::kSuccess; }
Status cuCtxSetCurrent(cuda::Context) { return status("cuCtxSetCurrent"); }
Status cuModuleLoadData(cuda::Module* module, const void* image) {
  *module = &g_module;
  const bool ptx = std::strncmp(static_cast<const char*>(image), ".version", 8) == 0;
  return ptx ? status("cuModuleLoadData") : 218;
}
Status cuModuleGetFunction(cuda::Function* function, cuda::Module, const char* name) {
  *function = std::strcmp(name, "mark") == 0 ? &g_mark : &g_burn;
  return status("cuModuleGetFunction");
}
Status cuStreamCreate(cuda::Stream* stream, unsigned) {
  *stream = &g_stream;
  return status("cuStreamCreate");
}
Status cuMemAlloc_v2(cuda::Pointer* address, std::size_t) {
  *address = 4096;
  return status("cuMemAlloc_v2");
}
Status cuLaunchKernel(cuda::Function f, unsigned x, unsigned, unsigned, unsigned threads, unsigned,
                      unsigned, unsigned, cuda::Stream, void** parameters, void**) {
  if (const Status s = status("cuLaunchKernel"); s != cuda::kSuccess) return s;
  if (f == &g_mark) {
    g_marked = g_ends = now();
    g_launches += "mark ";
  } else {
    const auto parameter = [&](int i) { return *static_cast<std::uint64_t*>(parameters[i]); };
    const std::int64_t begins = std::max(g_marked, g_ends);
    g_ends = g_marked + static_cast<std::int64_t>(parameter(3));
    // One square over several kernels is kept as one.
    if (begins > g_marked && !g_squares.empty()) {
      g_squares.back().to = g_ends;
    } else {
      g_squares.push_back({g_marked, g_ends, static_cast<std::int64_t>(parameter(1)),
                           static_cast<std::int64_t>(parameter(2))});
    }
    g_launches += "burn(" + std::to_string(x) + "x" + std::to_string(threads) + "," +
                  std::to_string(parameter(1)) + "," + std::to_string(parameter(2)) + "," +
                  std::to_string(parameter(3)) + ") ";
  }
  return cuda::kSuccess;
}
Status cuStreamSynchronize(cuda::Stream) {
  if (const std::int64_t left = g_ends - now(); left > 0) {
    const timespec t{left / 1'000'000'000, left % 1'000'000'000};
    nanosleep(&t, nullptr);
  }
  return status("cuStreamSynchronize");
}

}  // extern "C"

#include "load/cuda_api.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace joulemark::load::cuda {
namespace {

constexpr const char* kInstall =
    "Install NVIDIA's driver (in a container: start it with --gpus all) and see that `nvidia-smi` "
    "works";

template <class Function>
bool find(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
  return function != nullptr;
}

/// Returns the name of a function that is missing, or null. The driver keeps old names for old
/// programs; _v2 and _v3 are what its header calls by the short name.
const char* resolve(void* lib, Api& api) {
  if (!find(lib, "cuInit", api.init)) return "cuInit";
  if (!find(lib, "cuGetErrorString", api.error_string)) return "cuGetErrorString";
  if (!find(lib, "cuDeviceGetCount", api.device_count)) return "cuDeviceGetCount";
  if (!find(lib, "cuDeviceGet", api.device)) return "cuDeviceGet";
  if (!find(lib, "cuDeviceGetName", api.name)) return "cuDeviceGetName";
  if (!find(lib, "cuDeviceGetPCIBusId", api.pci_bus_id)) return "cuDeviceGetPCIBusId";
  if (!find(lib, "cuDeviceGetAttribute", api.attribute)) return "cuDeviceGetAttribute";
  if (!find(lib, "cuDevicePrimaryCtxSetFlags_v2", api.set_context_flags)) {
    return "cuDevicePrimaryCtxSetFlags_v2";
  }
  if (!find(lib, "cuDevicePrimaryCtxRetain", api.retain_context)) return "cuDevicePrimaryCtxRetain";
  if (!find(lib, "cuDevicePrimaryCtxRelease_v2", api.release_context)) {
    return "cuDevicePrimaryCtxRelease_v2";
  }
  if (!find(lib, "cuCtxSetCurrent", api.set_current)) return "cuCtxSetCurrent";
  if (!find(lib, "cuModuleLoadData", api.load_module)) return "cuModuleLoadData";
  if (!find(lib, "cuModuleGetFunction", api.function)) return "cuModuleGetFunction";
  if (!find(lib, "cuStreamCreate", api.create_stream)) return "cuStreamCreate";
  if (!find(lib, "cuMemAlloc_v2", api.allocate)) return "cuMemAlloc_v2";
  if (!find(lib, "cuLaunchKernel", api.launch)) return "cuLaunchKernel";
  if (!find(lib, "cuStreamSynchronize", api.synchronize)) return "cuStreamSynchronize";
  return nullptr;
}

}  // namespace

Result<Api> load(const std::string& library) {
  // Never unloaded: the driver keeps threads of its own until the process ends.
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return fail(ErrorKind::not_found, fmt::format("there is no CUDA driver library ({})", library),
                kInstall);
  }
  Api api;
  if (const char* missing = resolve(handle, api)) {
    return fail(ErrorKind::not_found, fmt::format("{} has no function {}", library, missing),
                "Update NVIDIA's driver: release 470 or newer is needed");
  }
  const Status started = api.init(0);
  if (started != kSuccess) {
    return fail(ErrorKind::unsupported, describe(api, "the CUDA driver does not start", started),
                kInstall);
  }
  return api;
}

std::string describe(const Api& api, const char* what, Status status) {
  const char* words = nullptr;
  if (api.error_string(status, &words) != kSuccess || words == nullptr) words = "unknown error";
  return fmt::format("{}: {} ({})", what, words, status);
}

// `burn` lets every thread multiply and add while the square is high and sleep while it is low,
// until `end`. Times are nanoseconds of the GPU's timer since `mark`, so that the squares of
// several launches are one. Each thread follows eight orbits of the logistic map x -> 3.9 x (1 -
// x), whose bits never settle: constant operands would draw less power. Their sum is stored only if
// it is negative, which it never is: otherwise the compiler could leave the work out.
//   mark(state)                            state: address of one 64-bit word
//   burn(state, period, high, end)
const char* const kPtx = R"(.version 6.3
.target sm_70
.address_size 64

.visible .entry mark(.param .u64 state)
{
  .reg .b64 %rd<3>;
  ld.param.u64 %rd1, [state];
  mov.u64 %rd2, %globaltimer;
  st.global.u64 [%rd1], %rd2;
  ret;
}

.visible .entry burn(.param .u64 state, .param .u64 period, .param .u64 high, .param .u64 end)
{
  .reg .pred %p<4>;
  .reg .b64 %rd<10>;
  .reg .f32 %f<10>;
  .reg .b32 %r<3>;
  ld.param.u64 %rd1, [state];
  ld.param.u64 %rd2, [period];
  ld.param.u64 %rd3, [high];
  ld.param.u64 %rd4, [end];
  ld.global.u64 %rd5, [%rd1];
  mov.u32 %r1, %tid.x;
  cvt.rn.f32.u32 %f0, %r1;
  fma.rn.f32 %f2, %f0, 0f39800000, 0f3DCCCCCD;
  add.f32 %f3, %f2, 0f3D000000; add.f32 %f4, %f3, 0f3D000000; add.f32 %f5, %f4, 0f3D000000;
  add.f32 %f6, %f5, 0f3D000000; add.f32 %f7, %f6, 0f3D000000; add.f32 %f8, %f7, 0f3D000000;
  add.f32 %f9, %f8, 0f3D000000;
LOOK:
  mov.u64 %rd6, %globaltimer;
  sub.u64 %rd7, %rd6, %rd5;
  setp.ge.u64 %p1, %rd7, %rd4;
  @%p1 bra DONE;
  rem.u64 %rd8, %rd7, %rd2;
  setp.lt.u64 %p2, %rd8, %rd3;
  @%p2 bra WORK;
  nanosleep.u32 2000;
  bra LOOK;
WORK:
  mov.u32 %r2, 0;
AGAIN:
  neg.f32 %f0, %f2; fma.rn.f32 %f0, %f0, %f2, %f2; mul.f32 %f2, %f0, 0f4079999A;
  neg.f32 %f0, %f3; fma.rn.f32 %f0, %f0, %f3, %f3; mul.f32 %f3, %f0, 0f4079999A;
  neg.f32 %f0, %f4; fma.rn.f32 %f0, %f0, %f4, %f4; mul.f32 %f4, %f0, 0f4079999A;
  neg.f32 %f0, %f5; fma.rn.f32 %f0, %f0, %f5, %f5; mul.f32 %f5, %f0, 0f4079999A;
  neg.f32 %f0, %f6; fma.rn.f32 %f0, %f0, %f6, %f6; mul.f32 %f6, %f0, 0f4079999A;
  neg.f32 %f0, %f7; fma.rn.f32 %f0, %f0, %f7, %f7; mul.f32 %f7, %f0, 0f4079999A;
  neg.f32 %f0, %f8; fma.rn.f32 %f0, %f0, %f8, %f8; mul.f32 %f8, %f0, 0f4079999A;
  neg.f32 %f0, %f9; fma.rn.f32 %f0, %f0, %f9, %f9; mul.f32 %f9, %f0, 0f4079999A;
  add.u32 %r2, %r2, 1;
  setp.lt.u32 %p3, %r2, 128;
  @%p3 bra AGAIN;
  bra LOOK;
DONE:
  add.f32 %f2, %f2, %f3; add.f32 %f4, %f4, %f5; add.f32 %f6, %f6, %f7; add.f32 %f8, %f8, %f9;
  add.f32 %f2, %f2, %f4; add.f32 %f6, %f6, %f8; add.f32 %f2, %f2, %f6;
  setp.lt.f32 %p1, %f2, 0f00000000;
  @!%p1 bra END;
  st.global.f32 [%rd1], %f2;
END:
  ret;
}
)";

}  // namespace joulemark::load::cuda

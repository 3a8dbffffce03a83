#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.hpp"

/// The part of the CUDA driver library that a load needs, found at run time: there is nothing to
/// link, and a machine without CUDA can still measure its CPU. Types and names are those of
/// NVIDIA's CUDA Driver API reference; the functions are old enough for every driver since release
/// 450.
namespace joulemark::load::cuda {

using Status = int;
using Device = int;
using Context = struct ContextHandle*;
using Module = struct ModuleHandle*;
using Function = struct FunctionHandle*;
using Stream = struct StreamHandle*;
using Pointer = std::uint64_t;

inline constexpr Status kSuccess = 0;
inline constexpr Status kNoDevice = 100;
inline constexpr int kMultiprocessors = 16;  ///< CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
/// Waiting sleeps instead of spinning: a spinning core draws power too.
inline constexpr unsigned kBlockingSync = 4;
inline constexpr unsigned kNonBlockingStream = 1;

struct Api {
  Status (*init)(unsigned) = nullptr;
  Status (*error_string)(Status, const char**) = nullptr;
  Status (*device_count)(int*) = nullptr;
  Status (*device)(Device*, int) = nullptr;
  Status (*name)(char*, int, Device) = nullptr;
  Status (*pci_bus_id)(char*, int, Device) = nullptr;
  Status (*attribute)(int*, int, Device) = nullptr;
  Status (*set_context_flags)(Device, unsigned) = nullptr;
  Status (*retain_context)(Context*, Device) = nullptr;
  Status (*release_context)(Device) = nullptr;
  Status (*set_current)(Context) = nullptr;
  Status (*load_module)(Module*, const void*) = nullptr;
  Status (*function)(Function*, Module, const char*) = nullptr;
  Status (*create_stream)(Stream*, unsigned) = nullptr;
  Status (*allocate)(Pointer*, std::size_t) = nullptr;
  Status (*launch)(Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                   Stream, void**, void**) = nullptr;
  Status (*synchronize)(Stream) = nullptr;
};

/// Loads the library and initialises it. Errors: not_found when it is not there or lacks a
/// function, unsupported when it has no device to offer, each with the fix.
Result<Api> load(const std::string& library);

/// "cuLaunchKernel: an illegal memory access was encountered".
std::string describe(const Api& api, const char* what, Status status);

/// The kernels, as PTX for every GPU since Volta: `mark` notes the GPU's time, `burn` keeps the
/// square. See the text for their parameters.
extern const char* const kPtx;

}  // namespace joulemark::load::cuda

#pragma once

#include <nlohmann/json_fwd.hpp>

namespace joulemark::torch_worker {

/// What torch may do to make a model faster at the price of a slow first step of every batch size.
/// Both are off, as in PyTorch eager: on an H200 the first saved nothing at batch 256 (fp16,
/// channels_last: -9 to +2 % throughput over four models) and costs 0.4 to 1 s a batch size, more
/// than 20 s for a DenseNet; the second costs 1 to 8 s a batch size and saved nothing on five.
struct Tuning {
  bool jit_fuser = false;        ///< TorchScript: fuse and compile pointwise operations (NNC)
  bool cudnn_benchmark = false;  ///< try cuDNN's algorithms instead of taking its first proposal
};

/// Reads the load request's options. Throws RequestError("load_failed") for an option that does not
/// exist or is not true or false.
Tuning read_tuning(const nlohmann::json& options);

/// Sets them for this process, and whether float32 products take 11 bits of each factor (TF32) or
/// all.
void apply(const Tuning& tuning, bool rounded_products);

/// {"jit_fuser", "cudnn_benchmark", "tf32", "threads"} as torch itself reports them.
nlohmann::json settings_in_force();

}  // namespace joulemark::torch_worker

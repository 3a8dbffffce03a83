#include "campaign/session.hpp"

#include <gtest/gtest.h>

namespace joulemark::campaign {
namespace {

TEST(DefaultSetup, NamesWhatMakesAnotherEnergy) {
  meter::MeterInfo meter;
  meter.device = "NVIDIA H200 (SXM)";
  zoo::Descriptor d;
  d.format = "torchscript";
  d.precision = "fp16";
  d.layout = "channels_last";
  EXPECT_EQ(default_setup(meter, "torch", d, {}),
            "nvidia-h200-sxm-torch-torchscript-fp16-channels_last");
  EXPECT_EQ(default_setup(meter, "torch", d, {true}),
            "nvidia-h200-sxm-torch-torchscript-fp16-channels_last-cuda_graph");
  d.weights.origin = "live";
  EXPECT_EQ(default_setup(meter, "torch", d, {}),
            "nvidia-h200-sxm-torch-torchscript-fp16-channels_last");
  d.weights.origin = "default";
  EXPECT_EQ(default_setup(meter, "torch", d, {}),
            "nvidia-h200-sxm-torch-torchscript-fp16-channels_last-default_weights");
}

}  // namespace
}  // namespace joulemark::campaign

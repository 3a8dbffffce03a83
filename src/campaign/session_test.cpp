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
}

}  // namespace
}  // namespace joulemark::campaign

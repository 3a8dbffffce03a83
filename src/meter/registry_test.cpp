#include "meter/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "meter/testing/driver.hpp"
#include "meter/testing/tree.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Registry : public testing::Test {
 protected:
  Registry() {
    options_.clock = &clock_;
    options_.root = tree_.root();
    options_.nvml_library = "/nonexistent/libnvidia-ml.so.1";
  }
  /// The name of the meter that is opened, or what went wrong.
  std::string opened(std::string_view name, std::string_view device) {
    const auto m = open_meter(name, device, options_);
    return m ? (*m)->info().name : m.error().message();
  }

  const Tree tree_;
  ManualClock clock_;
  MeterOptions options_;
};

TEST_F(Registry, ChoosesRaplForACpuWhereItCanBeRead) {
  tree_.domain("intel-rapl:0", "package-0", 1);
  EXPECT_EQ(opened("auto", "cpu"), "rapl");
}

TEST_F(Registry, ChoosesTheEstimateWhereItCannot) {
  EXPECT_EQ(opened("auto", "cpu"), "estimate");
  tree_.domain("intel-rapl:0", "package-0", 1);
  tree_.write("sys/class/powercap/intel-rapl:0/energy_uj", "garbage\n");
  EXPECT_EQ(opened("auto", "cpu"), "estimate");
}

TEST_F(Registry, NeverEstimatesAGpu) {
  tree_.domain("intel-rapl:0", "package-0", 1);
  EXPECT_THAT(opened("auto", "cuda:0"), HasSubstr("no NVIDIA driver library"));
  const Driver driver;
  options_.nvml_library = driver.path();
  EXPECT_EQ(opened("auto", "cuda:0"), "nvml");
}

TEST_F(Registry, OfEightGpusOfWhichTwoAreHiddenTheBusIdSettlesWhichIsMeasured) {
  // CUDA_VISIBLE_DEVICES=2,3,4,5,6,7: what CUDA calls cuda:0 is the third that NVML knows.
  const Driver driver("devices=8");
  options_.nvml_library = driver.path();
  options_.pci_bus_id = "00000000:03:00.0";
  for (const char* meter : {"auto", "nvml"}) {
    EXPECT_EQ(open_meter(meter, "cuda:0", options_).value()->info().device_id, "GPU-fake-3");
  }
  ASSERT_TRUE(apply_setting("gpu=0", options_));
  EXPECT_EQ(open_meter("auto", "cuda:0", options_).value()->info().device_id, "GPU-fake-3")
      << "an index says less than a bus id";
}

TEST_F(Registry, OfSeveralGpusNoneIsGuessed) {
  const Driver driver("devices=8");
  options_.nvml_library = driver.path();
  const auto made = open_meter("auto", "cuda:0", options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(made.error().what, HasSubstr("which of the 8 GPUs"));
  EXPECT_THAT(made.error().next, HasSubstr("--meter-option gpu=INDEX"));
  ASSERT_TRUE(apply_setting("gpu=5", options_));
  EXPECT_EQ(open_meter("auto", "cuda:0", options_).value()->info().device_id, "GPU-fake-6");
}

TEST_F(Registry, AMeterThatIsNamedIsTheOneThatOpensOrFails) {
  EXPECT_THAT(opened("rapl", "cpu"), HasSubstr("no RAPL package"));
  EXPECT_THAT(opened("nvml", "cpu"), HasSubstr("no NVIDIA driver library"));
  EXPECT_THAT(opened("replay", "cpu"), HasSubstr("cannot read the trace ''"));
  EXPECT_EQ(opened("estimate", "cuda:0"), "estimate");
  EXPECT_EQ(opened("synthetic", "cpu"), "synthetic");
}

TEST_F(Registry, EveryMeterIsNamedWhenOneIsNotKnown) {
  const auto made = open_meter("watts", "cpu", options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::invalid_input);
  EXPECT_EQ(made.error().what, "there is no meter 'watts'");
  EXPECT_EQ(made.error().next, "Known meters: auto, nvml, rapl, estimate, replay, synthetic");
}

TEST_F(Registry, TheTableSaysWhichMetersAreForGpus) {
  for (const MeterEntry& entry : meters()) {
    EXPECT_EQ(entry.for_gpu, entry.name == "nvml") << entry.name;
    EXPECT_FALSE(entry.measures.empty());
  }
}

TEST_F(Registry, SettingsReachTheirMeter) {
  tree_.write("t.csv", "seconds,joules,watts\n0,0,1\n1,1,1\n");
  for (const std::string& setting :
       {std::string("waveform=flat:7;update=50"), "trace=" + (tree_ / "t.csv").string(),
        std::string("idle-watts-per-cpu=2"), std::string("busy-watts-per-cpu=9.5"),
        std::string("gpu=3"), std::string("nvml-library=/lib/a=b.so")}) {
    const auto ok = apply_setting(setting, options_);
    EXPECT_TRUE(ok) << ok.error().message();
  }
  EXPECT_EQ(options_.gpu_index, 3u);
  EXPECT_EQ(nvml_library(options_), "/lib/a=b.so");
  EXPECT_EQ(open_meter("replay", "cpu", options_).value()->info().device, "t.csv");
  EXPECT_EQ(open_meter("synthetic", "cpu", options_).value()->info().update_period, 50ms);
  EXPECT_THAT(open_meter("estimate", "cpu", options_).value()->info().systematic_reason,
              HasSubstr("2 W idle and 9.5 W busy"));
}

TEST_F(Registry, KnowsWhichMetersCountForAWholeHostAndWhichAreMadeUp) {
  std::string host;
  std::string made_up;
  for (const MeterEntry& entry : meters()) {
    if (is_of_host(entry.name)) host += std::string(entry.name) + " ";
    if (is_simulated(entry.name)) made_up += std::string(entry.name) + " ";
  }
  EXPECT_EQ(host, "rapl estimate ");
  EXPECT_EQ(made_up, "replay synthetic ");
  EXPECT_FALSE(is_of_host("novel") || is_simulated("novel"));
}

TEST_F(Registry, WhatIsNoSettingIsNamed) {
  for (const char* setting :
       {"", "gpu", "gpu=", "gpu=-1", "gpu=x", "gpu=1.5", "gpu=1 ", "idle-watts-per-cpu=",
        "idle-watts-per-cpu=-1", "idle-watts-per-cpu=nan", "busy-watts-per-cpu=1e5",
        "busy-watts-per-cpu=3W", "waveform", "trace", "nvml-library", "Gpu=1", "watts=3", "=3"}) {
    const auto ok = apply_setting(setting, options_);
    ASSERT_FALSE(ok) << setting;
    EXPECT_EQ(ok.error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(ok.error().what, "'" + std::string(setting) + "' is not a setting of a meter");
    for (const char* key :
         {"waveform", "trace", "idle-watts-per-cpu", "busy-watts-per-cpu", "gpu", "nvml-library"}) {
      EXPECT_THAT(ok.error().next, HasSubstr(key));
    }
  }
}

TEST_F(Registry, ABusyCpuDrawsNoLessThanAnIdleOne) {
  ASSERT_TRUE(apply_setting("idle-watts-per-cpu=10", options_));
  const auto made = open_meter("estimate", "cpu", options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(made.error().what, HasSubstr("busy (3.5 W)"));
  EXPECT_THAT(made.error().next, HasSubstr("busy-watts-per-cpu"));
}

TEST_F(Registry, TheDriverLibraryIsTheSettingThenTheEnvironmentsThenTheSystems) {
  setenv("JOULEMARK_NVML_LIBRARY", "/from/environment.so", 1);
  EXPECT_EQ(nvml_library(options_), "/nonexistent/libnvidia-ml.so.1");
  options_.nvml_library.clear();
  EXPECT_EQ(nvml_library(options_), "/from/environment.so");
  unsetenv("JOULEMARK_NVML_LIBRARY");
  EXPECT_EQ(nvml_library(options_), "libnvidia-ml.so.1");
}

}  // namespace
}  // namespace joulemark::meter

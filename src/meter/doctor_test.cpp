#include "meter/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "meter/testing/tree.hpp"

namespace joulemark::meter {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Doctor : public testing::Test {
 protected:
  Doctor() {
    options_.clock = &clock_;
    options_.root = tree_.root();
    options_.nvml_library = "/nonexistent/libnvidia-ml.so.1";
  }
  void driver(const char* settings) {
    // A copy, because a library that is loaded already has read its settings.
    std::filesystem::copy_file(JOULEMARK_FAKE_NVML_LIBRARY, tree_ / "libnvidia-ml.so.1");
    setenv("JOULEMARK_FAKE_NVML", settings, 1);
    options_.nvml_library = (tree_ / "libnvidia-ml.so.1").string();
  }
  MeterFinding finding(std::string_view meter) {
    for (MeterFinding& f : examine_meters(options_)) {
      if (f.meter == meter) return f;
    }
    ADD_FAILURE() << meter << " was not examined";
    return {};
  }

  const Tree tree_;
  ManualClock clock_;
  MeterOptions options_;
};

TEST_F(Doctor, WhereNothingIsThereEveryMeterThatMeasuresHasAFix) {
  for (const MeterFinding& f : examine_meters(options_)) {
    EXPECT_EQ(f.available, f.meter == "estimate") << f.meter;
    EXPECT_EQ(f.measures, f.meter != "estimate") << f.meter;
    EXPECT_EQ(f.fix.empty(), f.available) << f.meter;
    EXPECT_THAT(f.detail, Not(IsEmpty()));
    EXPECT_THAT(f.devices, SizeIs(f.available ? 1 : 0));
  }
  EXPECT_THAT(finding("nvml").fix, HasSubstr("nvidia-driver"));
  EXPECT_THAT(finding("rapl").fix, HasSubstr("modprobe"));
}

TEST_F(Doctor, SaysWhatAMeterOffers) {
  tree_.write("proc/cpuinfo", "model name\t: Xeon\n");
  tree_.domain("intel-rapl:0", "package-0", 1);
  const MeterFinding rapl = finding("rapl");
  EXPECT_TRUE(rapl.available);
  EXPECT_THAT(rapl.fix, IsEmpty());
  EXPECT_EQ(rapl.detail,
            "Xeon: energy counter; scope cpu_package, updated every 1 ms, query 0.02 ms, "
            "systematic ±3 %");
  EXPECT_THAT(finding("estimate").detail, HasSubstr("scope cpu_estimate, query 0.001 ms"));
}

TEST_F(Doctor, FindsEveryGpu) {
  driver("clock=manual;devices=3");
  const MeterFinding nvml = finding("nvml");
  EXPECT_TRUE(nvml.available);
  EXPECT_THAT(nvml.fix, IsEmpty());
  ASSERT_THAT(nvml.devices, SizeIs(3));
  EXPECT_EQ(nvml.devices[2].info.device_id, "GPU-fake-3");
  EXPECT_THAT(nvml.detail, HasSubstr("energy counter, instant power, ring of power samples"));
}

TEST_F(Doctor, AGpuThatFailsDoesNotHideAnotherThatWorks) {
  driver("clock=manual;devices=2;mute=0");
  const MeterFinding nvml = finding("nvml");
  EXPECT_TRUE(nvml.available);
  ASSERT_THAT(nvml.devices, SizeIs(1));
  EXPECT_EQ(nvml.devices[0].index, 1u);
  EXPECT_THAT(nvml.detail, HasSubstr("scope gpu_board"));
  EXPECT_THAT(nvml.detail, HasSubstr("neither energy nor power"));
  EXPECT_THAT(nvml.fix, Not(IsEmpty()));
}

TEST_F(Doctor, ADriverWithoutAGpuIsNoMeter) {
  driver("devices=0");
  const MeterFinding nvml = finding("nvml");
  EXPECT_FALSE(nvml.available);
  EXPECT_EQ(nvml.detail, "the driver shows no GPU");
  EXPECT_THAT(nvml.fix, HasSubstr("--gpus"));
}

}  // namespace
}  // namespace joulemark::meter

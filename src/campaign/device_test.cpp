#include "campaign/device.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace joulemark::campaign {
namespace {

namespace fs = std::filesystem;
using meter::Scope;

class DeviceOf : public ::testing::Test {
 protected:
  DeviceOf() {
    std::string pattern = (fs::temp_directory_path() / "device-test-XXXXXX").string();
    procfs_ = mkdtemp(pattern.data());
    boot("3e6c0a52");
  }
  ~DeviceOf() override { fs::remove_all(procfs_); }
  void boot(const std::string& id) {
    fs::create_directories(procfs_ / "sys/kernel/random");
    std::ofstream(procfs_ / "sys/kernel/random/boot_id") << id << "\n";
  }
  std::string id(Scope scope, const std::string& device, const std::string& device_id) {
    meter::MeterInfo info;
    info.scope = scope;
    info.device = device;
    info.device_id = device_id;
    const auto found = device_of(info, procfs_);
    return found ? found->id : "none";
  }
  fs::path procfs_;
};

TEST_F(DeviceOf, AGpuIsItselfFromWhereverItIsSeen) {
  const std::string here = id(Scope::gpu_board, "NVIDIA H200", "GPU-1");
  EXPECT_NE(here, id(Scope::gpu_board, "NVIDIA H200", "GPU-2"));
  boot("another");
  EXPECT_EQ(here, id(Scope::gpu_board, "NVIDIA H200", "GPU-1"));
}

TEST_F(DeviceOf, AllMetersOfAHostsProcessorsAreOneDevice) {
  const std::string estimate = id(Scope::cpu_estimate, "Xeon", "8 logical CPUs");
  EXPECT_EQ(estimate, id(Scope::cpu_package, "Xeon", "intel-rapl:0"));
  EXPECT_EQ(estimate, id(Scope::cpu_package_dram, "Xeon", "intel-rapl:0+intel-rapl:0:0"));
  boot("another");
  EXPECT_NE(estimate, id(Scope::cpu_estimate, "Xeon", "8 logical CPUs"));
}

TEST_F(DeviceOf, AGpuWithoutAnIdentityIsOneOfThisHost) {
  const std::string here = id(Scope::gpu_board, "Old GPU", "");
  EXPECT_NE(here, id(Scope::cpu_package, "Xeon", ""));
  boot("another");
  EXPECT_NE(here, id(Scope::gpu_board, "Old GPU", ""));
}

TEST_F(DeviceOf, WhatIsSimulatedIsNoDevice) {
  EXPECT_EQ(id(Scope::simulated, "synthetic", "synthetic"), "none");
}

}  // namespace
}  // namespace joulemark::campaign

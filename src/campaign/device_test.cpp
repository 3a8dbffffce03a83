#include "campaign/device.hpp"

#include <gmock/gmock.h>
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

/// What a host with two GPUs and a third that is a slice of the second has.
std::vector<runtime::WorkerDevice> host() {
  return {{"cpu", "", "CPU"},
          {"cuda:0", "0000:01:00.0", "GPU"},
          {"cuda:1", "0000:02:00.0", "GPU"},
          {"cuda:2", "0000:02:00.0", "GPU"}};
}

std::string chosen(const std::string& wanted) {
  const auto devices = choose_devices("torch", host(), wanted);
  if (!devices) return devices.error().what;
  std::string names;
  for (const runtime::WorkerDevice& d : *devices) names += d.name + " ";
  return names;
}

TEST(ChooseDevices, AreThoseOfTheList) {
  EXPECT_EQ(chosen("cuda:1"), "cuda:1 ");
  EXPECT_EQ(chosen("cuda:2,cuda:0"), "cuda:2 cuda:0 ");
  EXPECT_EQ(chosen("cuda:all"), "cuda:0 cuda:1 cuda:2 ");
  EXPECT_EQ(chosen("cuda:0,cuda:0"), "cuda:0 is there twice");
  EXPECT_EQ(chosen("cuda:0,cpu"), "cuda:0 and cpu cannot be measured at the same time");
  for (const char* none : {"cuda:3", "", ",", "cuda:0,", "cuda:0 ,cuda:1", "cuda:0,auto"})
    EXPECT_THAT(chosen(none), testing::HasSubstr("runtime 'torch' has no device '")) << none;
  EXPECT_FALSE(choose_devices("torch", {host().front()}, "cuda:all"));
}

TEST(ChooseDevices, AreOfOneKind) {
  auto mixed = host();
  mixed[2].description = "another GPU";
  for (const char* both : {"cuda:all", "cuda:0,cuda:1"}) {
    const auto refused = choose_devices("torch", mixed, both);
    ASSERT_FALSE(refused) << both;
    EXPECT_EQ(refused.error().what,
              "cuda:0 is GPU and cuda:1 is another GPU: a campaign is of one kind of device");
  }
  EXPECT_TRUE(choose_devices("torch", mixed, "cuda:1"));
  EXPECT_TRUE(choose_devices("torch", mixed, "cuda:0,cuda:2"));
}

std::string apart(const std::string& meter, std::size_t from, std::size_t to,
                  const meter::MeterOptions& options = {}) {
  const auto all = host();
  const std::vector<runtime::WorkerDevice> some(all.begin() + static_cast<std::ptrdiff_t>(from),
                                                all.begin() + static_cast<std::ptrdiff_t>(to));
  const auto ok = check_apart(meter, options, some);
  return ok ? "" : ok.error().what;
}

TEST(CheckSameKind, ACampaignIsOfOneKindOfDevice) {
  std::vector<store::Record> rows(3);
  rows[0].device = rows[1].device = "NVIDIA H200";
  rows[0].energy_j_per_image = 0.1;
  rows[2].device = "NVIDIA H100";  // failed: it has no number
  EXPECT_TRUE(check_same_kind(rows, "NVIDIA H200"));
  EXPECT_TRUE(check_same_kind({}, "NVIDIA H100"));
  const auto refused = check_same_kind(rows, "NVIDIA H100");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(refused.error().what, testing::HasSubstr("rows of NVIDIA H200"));
}

TEST(CheckApart, AMeterOfEachBoardTellsThemApartAndOneOfTheHostDoesNot) {
  for (const char* good : {"auto", "nvml", "synthetic", "replay"}) EXPECT_EQ(apart(good, 1, 3), "");
  EXPECT_EQ(apart("rapl", 1, 3),
            "the meter 'rapl' measures this host: what it counts is of cuda:0 and cuda:1 together");
  EXPECT_THAT(apart("estimate", 1, 3), testing::HasSubstr("measures this host"));
  EXPECT_EQ(apart("auto", 1, 4), "cuda:0, cuda:1 and cuda:2 share a board, and so a meter");
  EXPECT_THAT(apart("auto", 0, 3), testing::HasSubstr("does not say where they are"));
  meter::MeterOptions one;
  one.gpu_index = 1;
  EXPECT_EQ(apart("nvml", 1, 3, one), "gpu=1 is the meter of one GPU, not of cuda:0 and cuda:1");
}

}  // namespace
}  // namespace joulemark::campaign

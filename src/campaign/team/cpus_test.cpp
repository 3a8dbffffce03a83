#include "campaign/team/cpus.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "meter/sysfs.hpp"

namespace joulemark::campaign::team {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<int> cpus(const char* list) { return meter::parse_cpu_list(list); }

/// `count` cores of two CPUs each: 0 and count, 1 and count + 1, ...
std::vector<Core> two_threads(int count) {
  std::vector<Core> cores;
  for (int i = 0; i < count; ++i) cores.push_back({i, count + i});
  return cores;
}

std::vector<Core> one_thread(int count) {
  std::vector<Core> cores;
  for (int i = 0; i < count; ++i) cores.push_back({i});
  return cores;
}

/// What each device gets, as a list.
std::vector<std::string> shared(const std::vector<Core>& cores,
                                const std::vector<const char*>& local) {
  std::vector<std::vector<int>> near;
  for (const char* list : local) near.push_back(cpus(list));
  const auto parts = share_cpus(cores, near);
  if (!parts) return {parts.error().what};
  std::vector<std::string> lists;
  for (const auto& part : *parts) lists.push_back(meter::cpu_list_text(part));
  return lists;
}

TEST(ShareCpus, EvenlyWhereNothingIsKnown) {
  EXPECT_THAT(shared(one_thread(8), {"", ""}), ElementsAre("0-3", "4-7"));
  EXPECT_THAT(shared(one_thread(8), {"", "", ""}), ElementsAre("0-2", "3-5", "6-7"));
  EXPECT_THAT(shared(one_thread(8), {""}), ElementsAre("0-7"));
}

TEST(ShareCpus, NoTwoDevicesShareACore) {
  EXPECT_THAT(shared(two_threads(4), {"", ""}), ElementsAre("0-1,4-5", "2-3,6-7"));
  EXPECT_THAT(shared(two_threads(3), {"", ""}), ElementsAre("0-1,3-4", "2,5"));
}

TEST(ShareCpus, ThoseNearADeviceAmongTheDevicesThatAreNearThem) {
  // Two sockets of 8 cores, four GPUs: three on the second.
  EXPECT_THAT(shared(one_thread(16), {"8-15", "0-7", "8-15", "8-15"}),
              ElementsAre("8-10", "0-7", "11-13", "14-15"));
  // What is near none of them stays free.
  EXPECT_THAT(shared(one_thread(16), {"8-15", "8-15"}), ElementsAre("8-11", "12-15"));
  // One knows its neighbours, the other may be anywhere.
  EXPECT_THAT(shared(one_thread(4), {"", "0-1"}), ElementsAre("2-3", "0-1"));
  // The process may not use those that are near.
  EXPECT_THAT(shared(one_thread(4), {"8-15", "8-15"}), ElementsAre("0-1", "2-3"));
}

TEST(ShareCpus, ADeviceWhoseCoresAreTakenGetsWhatIsLeftOrAPartOfTheLargest) {
  EXPECT_THAT(shared(one_thread(4), {"0", "0"}), ElementsAre("0", "1-3"));
  EXPECT_THAT(shared(one_thread(6), {"0-5", "0-5", "0-1", "0-1", "0-1"}),
              ElementsAre("2", "4-5", "0", "1", "3"));
  EXPECT_THAT(shared(one_thread(3), {"0", "1-2", "0"}), ElementsAre("0", "1", "2"));
}

TEST(ShareCpus, FewerCoresThanDevicesAreSharedByThread) {
  EXPECT_THAT(shared(two_threads(1), {"", ""}), ElementsAre("0", "1"));
  EXPECT_THAT(shared(one_thread(1), {"", ""}), ElementsAre(HasSubstr("2 devices need a CPU each")));
}

TEST(ShareCpus, WhateverIsNearWhatEveryDeviceHasSomeAndNoneIsTwice) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::vector<const char*> local;
    const char* lists[] = {"", "0-3", "4-7", "0-7", "2", "5-6", "40"};
    for (unsigned rest = seed, i = 0; i < 1 + seed % 8; ++i, rest = rest * 7 / 3 + i)
      local.push_back(lists[rest % std::size(lists)]);
    const auto parts = shared(one_thread(8), local);
    ASSERT_EQ(parts.size(), local.size());
    std::multiset<int> all;
    for (const std::string& part : parts) {
      const auto of_one = cpus(part.c_str());
      EXPECT_FALSE(of_one.empty()) << seed;
      all.insert(of_one.begin(), of_one.end());
    }
    EXPECT_EQ(all.size(), std::set<int>(all.begin(), all.end()).size()) << seed;
  }
}

/// A root of sysfs of its own.
class Sysfs : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const auto file = root_ / "sys" / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  ~Sysfs() override { std::filesystem::remove_all(root_); }
  std::filesystem::path root_ = std::filesystem::path(testing::TempDir()) / "joulemark-cpus";
};

TEST_F(Sysfs, TellsWhichCpusShareACore) {
  for (int cpu = 0; cpu < 8; ++cpu) {
    write(fmt::format("devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu),
          fmt::format("{},{}\n", cpu % 4, cpu % 4 + 4));
  }
  EXPECT_THAT(read_cores(root_, cpus("0-7")), ElementsAre(ElementsAre(0, 4), ElementsAre(1, 5),
                                                          ElementsAre(2, 6), ElementsAre(3, 7)));
  EXPECT_THAT(read_cores(root_, cpus("1,4-5")), ElementsAre(ElementsAre(1, 5), ElementsAre(4)));
  EXPECT_THAT(read_cores(root_, cpus("7-9")),
              ElementsAre(ElementsAre(7), ElementsAre(8), ElementsAre(9)));
}

TEST_F(Sysfs, TellsWhichCpusAreNearAGpu) {
  write("bus/pci/devices/0000:3b:00.0/local_cpulist", "0-15,32-47\n");
  EXPECT_THAT(read_local_cpus(root_, "0000:3B:00.0"), testing::SizeIs(32));
  EXPECT_THAT(read_local_cpus(root_, "0000:5e:00.0"), IsEmpty());
  EXPECT_THAT(read_local_cpus(root_, ""), IsEmpty());
}

}  // namespace
}  // namespace joulemark::campaign::team

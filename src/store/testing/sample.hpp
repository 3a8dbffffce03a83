#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/store.hpp"

/// What the tests of stores share.
namespace joulemark::store::testing {

namespace fs = std::filesystem;

inline Record full(const std::string& run, const std::string& model = "resnet18") {
  Record r;
  r.run = run;
  r.campaign = "20261124T101512Z-000000";
  r.model = model + ".a1_in1k";
  r.architecture = model;
  r.input_size = "224x224";
  r.setup = "cpu-torch-fp32";
  r.runtime = "torch";
  r.policy = "throughput";
  r.batch = 64;
  r.energy_j_per_image = 1.0 / 3.0;
  r.ci95_rel = 0.004;
  r.windows_count = 2;
  r.flags = {"weights_random", "power_capped"};
  r.status = "ok";
  r.systematic_terms = {{"sensor", 0.01}, {"weights_random", 0.035}};
  r.conditions_json = R"({"start":{}})";
  r.windows = {{0.0, 0.5, 10.0, 100.25, std::nullopt}, {0.5, 0.5, 11.0, 100.75, 10.5}};
  return r;
}

/// Conditions of a run, as measure writes them, whose mean is 46.5 °C.
inline constexpr const char* kFrom45To48 =
    R"({"end":{"clock_mhz":1980.0,"other_processes":0,"temperature_c":48.0,"throttle_reasons":[]},)"
    R"("range":{"looks":3,"temperature_c":[45.0,49.0]},)"
    R"("start":{"clock_mhz":1980.0,"temperature_c":45.0,"throttle_reasons":["sw_power_cap"]}})";

inline void add(Store& store, const Record& record) {
  const auto stored = store.append(record);
  ASSERT_TRUE(stored) << stored.error().message();
}

inline std::vector<std::string> runs(const Result<std::vector<Record>>& records) {
  std::vector<std::string> names;
  for (const Record& r : records.value()) names.push_back(r.run);
  return names;
}

/// Does `work` in a process of its own, which is killed when it has a store from it, and holds that
/// until then. False when it had none.
inline bool done_by_a_killed_process(const std::function<std::unique_ptr<Store>()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const pid_t child = fork();
  if (child == 0) {
    const auto held = work();
    const char answer = held ? 'y' : 'n';
    static_cast<void>(write(ends[1], &answer, 1) == 1);
    for (;;) pause();
  }
  char answer = 0;
  const bool answered = ::read(ends[0], &answer, 1) == 1;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  return answered && answer == 'y';
}

/// A folder of its own for every test.
class Place {
 public:
  Place() {
    std::string pattern = (fs::temp_directory_path() / "store-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~Place() {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  fs::path folder() const { return folder_; }
  fs::path database() const { return folder_ / "joulemark.sqlite"; }

 private:
  fs::path folder_;
};

}  // namespace joulemark::store::testing

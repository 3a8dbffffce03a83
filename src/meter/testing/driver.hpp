#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "meter/nvml.hpp"
#include "meter/nvml_api.hpp"
#include "meter/testing/tree.hpp"

namespace joulemark::meter {

/// A driver library of its own, in which time moves only by advance(). Libraries are told apart by
/// their files: each driver is a copy.
class Driver {
 public:
  explicit Driver(const std::string& settings = "") {
    std::filesystem::copy_file(JOULEMARK_FAKE_NVML_LIBRARY, path());
    setenv("JOULEMARK_FAKE_NVML", ("clock=manual;" + settings).c_str(), 1);
    // It reads its settings at the first call, which is this one.
    loaded_ = nvml::load(path()).has_value();
  }

  std::string path() const { return (tree_ / "libnvidia-ml.so.1").string(); }
  bool loaded() const { return loaded_; }

  void advance(std::chrono::milliseconds time) const {
    void* library = dlopen(path().c_str(), RTLD_NOW | RTLD_NOLOAD);
    ASSERT_NE(library, nullptr);
    const auto move = reinterpret_cast<void (*)(double)>(dlsym(library, "fake_nvml_advance_ms"));
    ASSERT_NE(move, nullptr);
    move(static_cast<double>(time.count()));
    dlclose(library);
  }

  Result<std::unique_ptr<Meter>> open(unsigned index = 0, const std::string& pci = "") const {
    static SteadyClock clock;
    return open_nvml({path(), pci, index}, clock);
  }
  Result<std::unique_ptr<Meter>> open(Clock& clock) const {
    return open_nvml({path(), "", 0}, clock);
  }

 private:
  Tree tree_;
  bool loaded_ = false;
};

}  // namespace joulemark::meter

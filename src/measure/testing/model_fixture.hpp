#pragma once

// The whole measuring flow on a manual clock: a worker that completes steps at known times, a meter
// with a known power, and so a known energy per image.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "measure/model.hpp"
#include "measure/testing/fakes.hpp"
#include "zoo/sha256.hpp"

namespace joulemark::measure {

using namespace std::chrono_literals;

inline constexpr std::int64_t kImages = 2;
inline constexpr std::int64_t kClasses = 3;

class ModelTest : public testing::Test {
 protected:
  ModelTest() : meter_(clock_), observer_(meter_, clock_) {
    folder_ = std::filesystem::temp_directory_path() /
              ("joulemark-model-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    subject_.runtime = "fake";
    subject_.device = "cpu";
    zoo::Descriptor& d = subject_.descriptor;
    d.folder = folder_;
    d.name = d.architecture = "fakenet";
    d.input_size = {3, 2, 2};
    d.classes = kClasses;
    d.precision = "fp32";
    d.weights = {"live", 1, ""};
    d.artefacts.push_back({write("model.bin", "weights"), std::nullopt});
    const std::vector<float> pixels(kImages * 12, 0.5f);
    static_cast<zoo::FileRef&>(d.reference_input) = write("in.f32", bytes(pixels));
    d.reference_input.shape = {kImages, 3, 2, 2};
    static_cast<zoo::FileRef&>(d.reference_output) = write("out.f32", bytes(Behaviour{}.logits));
    d.reference_output.shape = {kImages, kClasses};
  }
  ~ModelTest() override { std::filesystem::remove_all(folder_); }

  static std::string bytes(const std::vector<float>& v) {
    return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float)};
  }
  zoo::FileRef write(const std::string& file, const std::string& content) {
    std::ofstream(folder_ / file, std::ios::binary) << content;
    return {file, zoo::sha256_of_text(content), static_cast<std::int64_t>(content.size())};
  }

  std::vector<Outcome> measure(const std::vector<Policy>& policies) {
    std::vector<Outcome> outcomes;
    const Bench bench{clock_, observer_, interrupted_, {}};
    ended_ = measure_model(
        subject_, policies, bench, settings_,
        [&]() -> Result<std::unique_ptr<runtime::Worker>> {
          ++workers_started_;
          return std::make_unique<FakeWorker>(clock_, behaviour_);
        },
        [&](const Outcome& outcome) -> Result<void> {
          outcomes.push_back(outcome);
          return {};
        });
    return outcomes;
  }

  ManualClock clock_{Instant{100s}};
  FakeMeter meter_;
  MeterObserver observer_;
  std::atomic<bool> interrupted_{false};
  std::filesystem::path folder_;
  Subject subject_;
  Settings settings_;
  Behaviour behaviour_;
  int workers_started_ = 0;
  Result<void> ended_;
};

inline const Policy kBatch1{PolicyKind::batch_1, 1};
inline const Policy kThroughput{PolicyKind::throughput, 0};

}  // namespace joulemark::measure

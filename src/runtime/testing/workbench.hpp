#pragma once

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "runtime/process_worker.hpp"

/// What the tests of workers share: a folder of their own, models for the reference worker, and
/// matchers for errors.
namespace joulemark::runtime::testing {

/// A temporary folder that goes with this object.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "joulemark-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Far more than anything takes; a test that waits for so long has failed.
inline constexpr Nanoseconds kAmple = std::chrono::seconds(60);

/// "kind: what" of an error, "no error" of a value.
template <class T>
std::string outcome_of(const Result<T>& result) {
  if (result) return "no error";
  return std::string(name(result.error().kind)) + ": " + result.error().what;
}

/// Starts worker programs in a folder of their own.
class Workbench {
 public:
  Result<std::unique_ptr<Worker>> start(const std::filesystem::path& program,
                                        Nanoseconds timeout = kAmple) {
    options.temporary_root = scratch.path() / "tmp";
    options.timeout = timeout;
    return start_worker({"reference", program}, options, clock);
  }

  /// One that nobody has greeted yet.
  std::optional<StartingWorker> launched(const std::filesystem::path& program) {
    options.temporary_root = scratch.path() / "tmp";
    options.timeout = kAmple;
    auto starting = launch_worker({"reference", program}, options, clock);
    EXPECT_TRUE(starting) << outcome_of(starting);
    return starting ? std::optional(std::move(*starting)) : std::nullopt;
  }

  /// A worker that the test needs; its start is no part of what is tested.
  std::unique_ptr<Worker> started(const std::filesystem::path& program) {
    auto worker = start(program);
    EXPECT_TRUE(worker) << outcome_of(worker);
    return worker ? std::move(*worker) : nullptr;
  }

  /// A model of three values and two classes that behaves as told (see the reference worker).
  LoadRequest model(const std::string& behaviour) const {
    LoadRequest request;
    request.artefact = scratch.write("model.json", behaviour).string();
    request.format = "reference";
    request.device = "cpu";
    request.precision = "fp32";
    request.layout = "contiguous";
    request.input_shape = {3, 1, 1};
    request.classes = 2;
    return request;
  }

  /// Folders of workers that are there now.
  std::vector<std::filesystem::path> worker_folders() const {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& parent : std::filesystem::directory_iterator(scratch.path() / "tmp", none)) {
      for (const auto& folder : std::filesystem::directory_iterator(parent.path())) {
        found.push_back(folder.path());
      }
    }
    return found;
  }

  Scratch scratch;
  StartOptions options;
  SteadyClock clock;
};

}  // namespace joulemark::runtime::testing

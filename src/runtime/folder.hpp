#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace joulemark::runtime {

/// A temporary folder of one worker, removed with everything in it when this object goes. Its name
/// holds the controller's pid and start time, so that a later start can tell a dead owner's folder
/// from a living one's even when the pid has been given to another process.
class WorkerFolder {
 public:
  /// Makes `root`/joulemark-<uid>/<pid>-<start>-<n>, closed to others. Errors: io,
  /// also when another user owns joulemark-<uid>.
  static Result<WorkerFolder> create(const std::filesystem::path& root);
  WorkerFolder(WorkerFolder&& other) noexcept;
  WorkerFolder& operator=(WorkerFolder&& other) noexcept;
  WorkerFolder(const WorkerFolder&) = delete;
  WorkerFolder& operator=(const WorkerFolder&) = delete;
  ~WorkerFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit WorkerFolder(std::filesystem::path path) : path_(std::move(path)) {}
  void remove() noexcept;
  std::filesystem::path path_;
};

/// $TMPDIR, or /tmp.
std::filesystem::path temporary_root();

/// Removes the folders under `root` whose controller is gone. Returns how many were removed.
int sweep_stale_folders(const std::filesystem::path& root);

}  // namespace joulemark::runtime

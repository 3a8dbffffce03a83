#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace joulemark::store {

/// One writer at a time, across processes: two measurements at once would disturb each other,
/// whatever the database could bear. The lock file, DATABASE.lock, holds the owner's pid.
class WriterLock {
 public:
  /// Held until it is destroyed. Errors: busy, naming the owner; storage_full, read_only, io where
  /// there can be no lock file.
  static Result<WriterLock> take(const std::filesystem::path& database);
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;
  ~WriterLock();

 private:
  WriterLock(int fd, std::filesystem::path path);
  int fd_;
  std::filesystem::path path_;
};

}  // namespace joulemark::store

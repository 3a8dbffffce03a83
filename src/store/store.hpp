#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/record.hpp"

namespace joulemark::store {

/// Which records to read; empty fields do not filter.
struct Filter {
  std::string model{};     ///< glob on model or architecture
  std::string setup{};     ///< glob
  std::string status{};    ///< exact: "ok", "crashed", ...
  std::string campaign{};  ///< exact
  /// Of every configuration (model, input size, setup, policy, batch of `fixed`) only the newest.
  bool newest_only = false;
};

/// Where measurements are kept. Append-only: a record is never changed.
class Store {
 public:
  virtual ~Store() = default;
  /// Durable when it returns. Errors: storage_full, read_only, io, invalid_input for a run id that
  /// is there already.
  virtual Result<void> append(const Record& record) = 0;
  /// In the order of measuring, windows included.
  virtual Result<std::vector<Record>> read(const Filter& filter) = 0;
  /// The record whose run id begins with `prefix`. Errors: not_found; invalid_input when several
  /// do.
  virtual Result<Record> find(const std::string& prefix) = 0;

  /// Durable when it returns. Errors: those of append for records.
  virtual Result<void> append(const StoredCalibration& calibration) = 0;
  /// Of the same meter of the same device; absent when there is none.
  virtual Result<std::optional<StoredCalibration>> newest_calibration(
      const std::string& meter, const std::string& device, const std::string& device_id) = 0;
};

enum class Mode { read, write };

/// Opens a SQLite database; for writing it is created or migrated, and locked against other writers
/// for as long as the store lives. Errors, each with the next step: not_found (reading), read_only,
/// newer_schema, busy (naming the other process), invalid_input (not a database of ours), io.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path, Mode mode);

}  // namespace joulemark::store

#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "store/location.hpp"
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
  /// False: records come without their windows, which most of the time of reading goes into.
  bool windows = true;
  /// False: they come without conditions and provenance, which are the most of what a row holds.
  bool documents = true;
  /// Only these columns, and those that are filtered by, need be filled. Empty: all.
  std::vector<std::string_view> columns{};
};

/// A device that one measurement at a time may use.
struct Device {
  std::string id;    ///< the same for every process that sees it, and for no other device anywhere
  std::string name;  ///< for messages
};

/// Where measurements are kept. Append-only: a record is never changed.
class Store {
 public:
  virtual ~Store() = default;
  /// Durable when it returns. Errors: storage_full, read_only, io, invalid_input for a run id that
  /// is there already. What a shared store cannot take is kept beside it; the error says where.
  virtual Result<void> append(const Record& record) = 0;
  /// The same of many; a file takes all of them or none.
  virtual Result<void> append(std::span<const Record> records) {
    for (const Record& record : records) {
      if (auto stored = append(record); !stored) return stored;
    }
    return {};
  }
  /// In the order of measuring, windows included.
  virtual Result<std::vector<Record>> read(const Filter& filter) = 0;
  /// The same one by one: of many records of which little is kept, little is held at a time.
  virtual Result<void> visit(const Filter& filter, const std::function<void(Record&&)>& take) {
    auto all = read(filter);
    if (!all) return tl::unexpected(all.error());
    for (Record& record : *all) take(std::move(record));
    return {};
  }
  /// How many records there are of each setup.
  virtual Result<std::map<std::string, std::size_t>> count_by_setup() {
    std::map<std::string, std::size_t> counts;
    const Filter setups_only{.windows = false, .documents = false, .columns = {"setup"}};
    auto seen = visit(setups_only, [&](const Record& record) { ++counts[record.setup]; });
    if (!seen) return tl::unexpected(seen.error());
    return counts;
  }
  /// The record whose run id begins with `prefix`. Errors: not_found; invalid_input when several
  /// do.
  virtual Result<Record> find(const std::string& prefix) = 0;

  /// Durable when it returns. Errors: those of append for records.
  virtual Result<void> append(const StoredCalibration& calibration) = 0;
  /// Of the same meter of the same device; absent when there is none.
  virtual Result<std::optional<StoredCalibration>> newest_calibration(
      const std::string& meter, const std::string& device, const std::string& device_id) = 0;
  /// All of them, in the order of making.
  virtual Result<std::vector<StoredCalibration>> calibrations() = 0;

  /// Keeps others from measuring this device into the same store for as long as this one lives. A
  /// file, which has one writer at a time, need not ask what is measured. Error: busy, naming the
  /// other process.
  virtual Result<void> claim(const Device& device) = 0;
};

enum class Mode { read, write };

/// What a shared store needs, beyond its location, to be patient. Files ignore it.
struct OpenOptions {
  /// For how long a connection that was lost is sought again before that is an error.
  Nanoseconds wait{std::chrono::seconds(60)};
  /// Ends that wait early; may be null.
  const std::atomic<bool>* interrupted = nullptr;
  /// Is told in words of a connection that is lost or found again; may be empty.
  std::function<void(const std::string&)> say{};
  /// Where a record is kept that could not be stored; else in the system's temporary folder.
  std::filesystem::path rescue = ".";
};

/// Opens the store at a location, by its kind. For writing it is made or migrated. Errors, each
/// with the next step: not_found (reading, and nothing was measured yet), read_only,
/// permission_denied, newer_schema, busy, invalid_input (not a store of ours, or no location),
/// unsupported (this joulemark or this machine has no PostgreSQL), io.
Result<std::unique_ptr<Store>> open_store(const Location& location, Mode mode,
                                          const OpenOptions& options = {});

/// A SQLite database, locked against other writers for as long as the store lives.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path, Mode mode);

/// Rows as `export --format jsonl` writes them, for reading: a file, or all files `*.jsonl` below a
/// folder. Each run once, in the order of measuring. Errors: not_found, io, read_only (writing);
/// invalid_input, naming file and line, also for two rows that differ under one run.
Result<std::unique_ptr<Store>> open_lines(const std::filesystem::path& path, Mode mode);
/// Whether a file is one of rows, by its name.
bool holds_lines(const std::filesystem::path& path);
Error rows_are_only_read(const std::string& place);

/// A database of a PostgreSQL server, through libpq: one connection for as long as the store lives.
Result<std::unique_ptr<Store>> open_postgres(const Location& location, Mode mode,
                                             const OpenOptions& options);

}  // namespace joulemark::store

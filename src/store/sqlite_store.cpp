#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.hpp"
#include "store/columns.hpp"
#include "store/said.hpp"
#include "store/select.hpp"
#include "store/sqlite_schema.hpp"
#include "store/store.hpp"
#include "store/writer_lock.hpp"

namespace joulemark::store {
namespace {

namespace fs = std::filesystem;

constexpr int kSchema = static_cast<int>(kSqliteMigrations.size());

Error to_error(const SQLite::Exception& e, const fs::path& path) {
  const std::string file = path.string();
  switch (e.getErrorCode()) {
    case SQLITE_FULL:
      return {ErrorKind::storage_full, fmt::format("the disk of {} is full", file),
              "Make room, or choose another place with --db; what was stored before is kept"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {
          ErrorKind::read_only, fmt::format("{} cannot be written to", file),
          "Check the permissions of the file and its folder, or choose another place with --db"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::busy, fmt::format("{} is in use by another process", file),
              "Wait for it to end, or choose another place with --db"};
    case SQLITE_NOTADB:
      return {ErrorKind::invalid_input, fmt::format("{} is not a database", file),
              "Choose another place with --db"};
    case SQLITE_CORRUPT:
      return {ErrorKind::invalid_input, fmt::format("{} is damaged", file),
              "Restore it from a backup, or save what is left: sqlite3 FILE .recover"};
    case SQLITE_IOERR: {
      // A file-size limit or a quota shows as a failed write.
      const bool no_room = errno == EFBIG || errno == ENOSPC || errno == EDQUOT ||
                           e.getExtendedErrorCode() == SQLITE_IOERR_WRITE;
      if (no_room) {
        return {ErrorKind::storage_full, fmt::format("{} cannot grow: {}", file, e.what()),
                "Make room or raise the limit; what was stored before is kept"};
      }
      return {ErrorKind::io, fmt::format("{}: {}", file, e.what()), "Check the disk"};
    }
    case SQLITE_CONSTRAINT:
      return {ErrorKind::invalid_input, fmt::format("{} has this run already", file),
              "Measure again: every measurement gets an identifier of its own"};
    case SQLITE_CANTOPEN:
      return {ErrorKind::io, fmt::format("cannot open {}", file), "Check that its folder exists"};
    default:
      return {ErrorKind::io, fmt::format("{}: {}", file, e.what()), "Check the disk"};
  }
}

void bind(SQLite::Statement& s, const Record& r, const Column& c) {
  const std::string name = fmt::format(":{}", c.name);
  if (const auto* f = std::get_if<Number>(&c.field)) {
    if (r.*(*f)) s.bind(name, *(r.*(*f)));
  } else if (const auto* n = std::get_if<Count>(&c.field)) {
    if (r.*(*n)) s.bind(name, static_cast<int64_t>(*(r.*(*n))));
  } else {
    s.bind(name, to_text(r, c));
  }
}

struct Where {
  std::string sql;  ///< empty: everything
  std::vector<std::string> values{};
};

/// As much of a filter as are equalities: of a row that is not wanted no more is read then.
/// `passes` tells the rest.
Where where(const Filter& filter) {
  Where w;
  const auto add = [&](const char* column, const std::string& value) {
    if (value.empty()) return;
    w.sql += fmt::format("{} {} = ?", w.values.empty() ? "WHERE" : " AND", column);
    w.values.push_back(value);
  };
  add("status", filter.status);
  add("campaign", filter.campaign);
  add("setup", only_name(filter.setup).value_or(""));
  return w;
}

/// Of a file that an earlier version wrote, and that is only read.
Lacking lacking_in(int version) {
  const Lacking later(kLaterColumns);
  if (version < kSchemaWithBoards) return later;
  return version < kSchemaWithTemperatures ? later.subspan(1) : Lacking();
}

void load(const SQLite::Column& value, const Column& c, Record& r) {
  if (const auto* f = std::get_if<Number>(&c.field)) {
    if (!value.isNull()) r.*(*f) = value.getDouble();
  } else if (const auto* n = std::get_if<Count>(&c.field)) {
    if (!value.isNull()) r.*(*n) = value.getInt64();
  } else {
    const char* text = value.getText();  // before its size: SQLite may have to convert it
    from_text(r, c, {text, static_cast<std::size_t>(value.getBytes())});
  }
}

class SqliteStore final : public Store {
 public:
  SqliteStore(fs::path path, std::optional<WriterLock> lock, int flags)
      : path_(std::move(path)), lock_(std::move(lock)), db_(path_.string(), flags, 5000) {}

  Result<void> prepare(Mode mode) {
    // Rows are read where the file lies in memory: to copy each page takes a fourth of the time of
    // a choice.
    if (mode == Mode::read) db_.exec("PRAGMA query_only = ON; PRAGMA mmap_size = 1073741824");
    // Tables and marks are written in one transaction, which may come between these lines: asked in
    // this order, what is there is never taken for another program's.
    const bool empty = db_.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
    if (empty && mode == Mode::read) return tl::unexpected(nothing_measured(path_.string()));
    const int version = db_.execAndGet("PRAGMA user_version").getInt();
    const int application = db_.execAndGet("PRAGMA application_id").getInt();
    if (!empty && application != kApplicationId) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("{} is another program's database", path_.string()),
                  "Choose another place with --db");
    }
    if (version > kSchema) {
      return fail(ErrorKind::newer_schema,
                  fmt::format("{} was made by a newer joulemark (schema {}, this one knows {})",
                              path_.string(), version, kSchema),
                  "Use that version, or choose another place with --db");
    }
    if (mode == Mode::read) return {};
    db_.exec("PRAGMA synchronous = FULL");
    // While a table is made anew, the windows refer to one that is not there.
    db_.exec("PRAGMA foreign_keys = OFF");
    SQLite::Transaction transaction(db_);
    for (int v = version; v < kSchema; ++v)
      db_.exec(kSqliteMigrations[static_cast<std::size_t>(v)]);
    db_.exec(fmt::format("PRAGMA user_version = {}", kSchema));
    db_.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    transaction.commit();
    db_.exec("PRAGMA foreign_keys = ON");
    return {};
  }

  Result<void> append(const Record& record) override {
    return append(std::span<const Record>(&record, 1));
  }

  Result<void> append(std::span<const Record> records) override {
    try {
      SQLite::Transaction transaction(db_);
      std::string names;
      std::string values;
      for (const Column& c : columns()) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", c.name);
        values += fmt::format("{}:{}", values.empty() ? "" : ", ", c.name);
      }
      SQLite::Statement insert(db_,
                               fmt::format("INSERT INTO record ({}) VALUES ({})", names, values));
      for (const Record& record : records) {
        for (const Column& c : columns()) bind(insert, record, c);
        insert.exec();
        append_windows(record, db_.getLastInsertRowid());
        insert.reset();
        insert.clearBindings();
      }
      transaction.commit();
      return {};
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<std::vector<Record>> read(const Filter& filter) override {
    try {
      std::vector<Record> all;
      // A record is a kilobyte: all that are read would be moved, and their pages taken, twice.
      all.reserve(count());
      each(where(filter), filter, [&](Record&& record) { all.push_back(std::move(record)); });
      if (filter.newest_only) return newest(std::move(all));
      return all;
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<void> visit(const Filter& filter, const std::function<void(Record&&)>& take) override {
    if (filter.newest_only) return Store::visit(filter, take);
    try {
      each(where(filter), filter, take);
      return {};
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<std::map<std::string, std::size_t>> count_by_setup() override {
    try {
      std::map<std::string, std::size_t> counts;
      SQLite::Statement select(db_, "SELECT setup, count(*) FROM record GROUP BY setup");
      while (select.executeStep()) {
        counts[select.getColumn(0).getString()] =
            static_cast<std::size_t>(select.getColumn(1).getInt64());
      }
      return counts;
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<Record> find(const std::string& prefix) override {
    try {
      std::vector<Record> found;
      each({"WHERE substr(run, 1, length(?1)) = ?1", {prefix}}, {},
           [&](Record&& record) { found.push_back(std::move(record)); });
      return the_one(std::move(found), prefix, path_.string());
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<void> append(const StoredCalibration& c) override {
    try {
      SQLite::Statement insert(db_,
                               fmt::format("INSERT INTO calibration ({}) VALUES (?, ?, ?, ?, ?, ?)",
                                           kCalibrationColumns));
      insert.bind(1, c.id);
      insert.bind(2, c.meter);
      insert.bind(3, c.device);
      insert.bind(4, c.device_id);
      insert.bind(5, c.made_at);
      insert.bind(6, c.json);
      insert.exec();
      return {};
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<std::optional<StoredCalibration>> newest_calibration(
      const std::string& meter, const std::string& device, const std::string& device_id) override {
    try {
      if (!has_calibrations()) return std::nullopt;
      SQLite::Statement select(
          db_, fmt::format("SELECT {} FROM calibration WHERE meter = ? AND device = ? AND "
                           "device_id = ? ORDER BY id DESC LIMIT 1",
                           kCalibrationColumns));
      select.bind(1, meter);
      select.bind(2, device);
      select.bind(3, device_id);
      if (!select.executeStep()) return std::nullopt;
      return to_calibration(select);
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<std::vector<StoredCalibration>> calibrations() override {
    try {
      std::vector<StoredCalibration> all;
      if (!has_calibrations()) return all;
      SQLite::Statement select(
          db_, fmt::format("SELECT {} FROM calibration ORDER BY id", kCalibrationColumns));
      while (select.executeStep()) all.push_back(to_calibration(select));
      return all;
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(to_error(e, path_));
    }
  }

  Result<void> claim(const Device&) override { return {}; }

 private:
  static constexpr const char* kCalibrationColumns =
      "name, meter, device, device_id, made_at, json";

  /// A database that is only read keeps the schema that it was written with.
  bool has_calibrations() { return version() >= kSchemaWithCalibrations; }
  int version() { return db_.execAndGet("PRAGMA user_version").getInt(); }

  std::size_t count() {
    return static_cast<std::size_t>(db_.execAndGet("SELECT count(*) FROM record").getInt64());
  }

  static StoredCalibration to_calibration(SQLite::Statement& row) {
    const auto text = [&](int column) { return row.getColumn(column).getString(); };
    return {text(0), text(1), text(2), text(3), text(4), text(5)};
  }

  void append_windows(const Record& record, std::int64_t id) {
    SQLite::Statement insert(db_, "INSERT INTO window VALUES (?, ?, ?, ?, ?, ?, ?)");
    int number = 0;
    for (const Window& w : record.windows) {
      insert.bind(1, id);
      insert.bind(2, number++);
      insert.bind(3, w.start_s);
      insert.bind(4, w.seconds);
      insert.bind(5, w.joules);
      insert.bind(6, w.images);
      if (w.joules_integral) insert.bind(7, *w.joules_integral);
      insert.exec();
      insert.reset();
      insert.clearBindings();
    }
  }

  void each(const Where& where, const Filter& filter, const std::function<void(Record&&)>& take) {
    const Lacking lacking = lacking_in(version());
    const auto [asked, telling] = columns_to_read(filter, lacking);
    std::string names = "id";
    for (const Column* c : asked) names += ", " + in_select(*c, lacking);
    SQLite::Statement select(db_,
                             fmt::format("SELECT {} FROM record {} ORDER BY id", names, where.sql));
    int number = 0;
    for (const std::string& value : where.values) select.bind(++number, value);
    while (select.executeStep()) {
      Record r;
      const auto load_some = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
          load(select.getColumn(static_cast<int>(i) + 1), *asked[i], r);
        }
      };
      load_some(0, telling);
      if (!passes(r, filter)) continue;
      load_some(telling, asked.size());
      if (!lacking.empty()) fill_later_columns(r);
      if (!filter.documents) forget_documents(r);
      if (filter.windows) r.windows = read_windows(select.getColumn(0).getInt64());
      take(std::move(r));
    }
  }

  std::vector<Window> read_windows(std::int64_t id) {
    SQLite::Statement select(db_,
                             "SELECT start_s, seconds, joules, images, joules_integral FROM window "
                             "WHERE record_id = ? ORDER BY number");
    select.bind(1, id);
    std::vector<Window> windows;
    while (select.executeStep()) {
      Window w{select.getColumn(0).getDouble(), select.getColumn(1).getDouble(),
               select.getColumn(2).getDouble(), select.getColumn(3).getDouble(), std::nullopt};
      if (!select.getColumn(4).isNull()) w.joules_integral = select.getColumn(4).getDouble();
      windows.push_back(w);
    }
    return windows;
  }

  fs::path path_;
  std::optional<WriterLock> lock_;
  SQLite::Database db_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const fs::path& path, Mode mode) {
  std::error_code error;
  if (mode == Mode::read && !fs::exists(path, error))
    return tl::unexpected(nothing_measured(path.string()));
  std::optional<WriterLock> lock;
  if (mode == Mode::write) {
    if (fs::exists(path, error) && access(path.c_str(), W_OK) != 0) {
      return fail(ErrorKind::read_only, fmt::format("{} cannot be written to", path.string()),
                  "Check its permissions, or choose another place with --db");
    }
    auto taken = WriterLock::take(path);
    if (!taken) return tl::unexpected(taken.error());
    lock.emplace(std::move(*taken));
  }
  try {
    // A reader, too, may have to undo what a killed writer left half done, and opens read-only by
    // itself where it may not write.
    // A store is one thread's: no lock is needed for each cell.
    const int flags = SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX |
                      (mode == Mode::write ? SQLite::OPEN_CREATE : 0);
    auto store = std::make_unique<SqliteStore>(path, std::move(lock), flags);
    if (auto ok = store->prepare(mode); !ok) return tl::unexpected(ok.error());
    return store;
  } catch (const SQLite::Exception& e) {
    return tl::unexpected(to_error(e, path));
  }
}

}  // namespace joulemark::store

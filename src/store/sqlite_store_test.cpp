#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "store/store.hpp"
#include "store/testing/sample.hpp"

namespace joulemark::store {
namespace {

using testing::add;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::full;
using ::testing::HasSubstr;
using testing::kFrom45To48;
using testing::Place;
using testing::runs;
namespace fs = std::filesystem;

/// The exit status of `body` in a process of its own, for what a process cannot take back.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What only a file on a disk can suffer.
class Sqlite : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open(Mode mode = Mode::write) {
    return open_sqlite(place_.database(), mode);
  }
  void sql(const std::string& statement) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(place_.database().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  std::string bytes() {
    std::ifstream in(place_.database(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Place place_;
};

TEST_F(Sqlite, ReadingDoesNotCreate) {
  const auto store = open(Mode::read);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::not_found);
  EXPECT_THAT(store.error().next, HasSubstr("joulemark measure"));
  EXPECT_FALSE(fs::exists(place_.database()));
}

TEST_F(Sqlite, ADatabaseThatIsBeingMadeHasNoMeasurementsYet) {
  std::ofstream(place_.database()).flush();
  const auto store = open(Mode::read);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::not_found);
  EXPECT_TRUE(open(Mode::write)) << "and can be made";
}

TEST_F(Sqlite, ANewerSchemaIsNotTouched) {
  open().value();
  sql("PRAGMA user_version = 7");
  const std::string before = bytes();
  for (const Mode mode : {Mode::read, Mode::write}) {
    const auto store = open(mode);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::newer_schema);
    EXPECT_THAT(store.error().what, AllOf(HasSubstr("schema 7"), HasSubstr("knows 5")));
  }
  EXPECT_EQ(bytes(), before);
}

TEST_F(Sqlite, AnotherProgramsDatabaseIsNotTouched) {
  sql("CREATE TABLE notes (text TEXT)");
  const std::string before = bytes();
  EXPECT_EQ(open().error().kind, ErrorKind::invalid_input);
  EXPECT_EQ(bytes(), before);
}

TEST_F(Sqlite, AFileThatIsNoDatabaseIsNotTouched) {
  std::ofstream(place_.database()) << std::string(5000, 'x');
  const std::string before = bytes();
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(store.error().what, HasSubstr("is not a database"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(Sqlite, ADamagedFileIsSaidToBeDamaged) {
  add(*open().value(), full("a"));
  std::fstream file(place_.database(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);  // behind the header: the b-tree of the schema
  file << std::string(4000, '\x7f');
  file.close();
  const auto store = open(Mode::read);
  const auto read = store ? (*store)->read({}) : tl::unexpected(store.error());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(read.error().message(), AllOf(HasSubstr("damaged"), HasSubstr("backup")));
}

TEST_F(Sqlite, AFolderThatIsNotThere) {
  const auto store = open_sqlite(place_.folder() / "no" / "x.sqlite", Mode::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::io);
}

TEST_F(Sqlite, AWriterShutsOtherWritersOutAndReadersIn) {
  auto first = open();
  ASSERT_TRUE(first);
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::busy);
  EXPECT_THAT(second.error().what, HasSubstr(std::to_string(getpid())));
  add(**first, full("a"));
  EXPECT_THAT(runs(open(Mode::read).value()->read({})), ElementsAre("a"));
  first->reset();
  EXPECT_TRUE(open());
  EXPECT_FALSE(fs::exists(place_.database().string() + ".lock"));
}

TEST_F(Sqlite, AKilledWriterLeavesNoLockAndKeepsItsRows) {
  ASSERT_TRUE(testing::done_by_a_killed_process([&]() -> std::unique_ptr<Store> {
    auto store = open();
    return store && (*store)->append(full("a")) ? std::move(*store) : nullptr;
  }));
  auto store = open();
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_THAT(runs((*store)->read({})), ElementsAre("a"));
}

TEST_F(Sqlite, AReaderUndoesWhatAKilledWriterLeftHalfDone) {
  add(*open().value(), full("a"));
  // More than fits into the writer's cache is in the file before it is committed.
  ASSERT_EQ(in_child([&] {
              sqlite3* db = nullptr;
              sqlite3_open(place_.database().c_str(), &db);
              const char* half =
                  "PRAGMA cache_size = 1; BEGIN; UPDATE record SET model = 'b';"
                  "CREATE TABLE big(x); INSERT INTO big VALUES (zeroblob(5000000));";
              return sqlite3_exec(db, half, nullptr, nullptr, nullptr);
            }),
            SQLITE_OK);
  ASSERT_TRUE(fs::exists(place_.database().string() + "-journal"));
  const auto store = open(Mode::read);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ((*store)->read({}).value().at(0).model, full("a").model);
  EXPECT_FALSE((*store)->append(full("c"))) << "a reader";
}

TEST_F(Sqlite, WithoutPermissionToWrite) {
  add(*open().value(), full("a"));
  fs::permissions(place_.database(), fs::perms::owner_read);
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0) {
    ASSERT_EQ(chown(place_.folder().c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(chown(place_.database().c_str(), kNobody, kNobody), 0);
  }
  EXPECT_EQ(in_child([&] {
              // Permissions do not bind root.
              if (geteuid() == 0 && setuid(kNobody) != 0) return 1;
              if (open().error().kind != ErrorKind::read_only) return 2;
              return open(Mode::read).value()->read({}).value().size() == 1 ? 0 : 3;
            }),
            0);
}

TEST_F(Sqlite, AFullDiskKeepsWhatIsThere) {
  add(*open().value(), full("a"));
  EXPECT_EQ(in_child([&] {
              auto store = open();
              if (!store) return 1;
              signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{fs::file_size(place_.database()), RLIM_INFINITY};
              setrlimit(RLIMIT_FSIZE, &limit);
              Record large = full("b");
              large.message.assign(1 << 20, 'x');
              const auto appended = (*store)->append(large);
              if (appended) return 2;
              if (appended.error().kind != ErrorKind::storage_full) return 3;
              return appended.error().next.empty() ? 4 : 0;
            }),
            0);
  EXPECT_THAT(runs(open().value()->read({})), ElementsAre("a"));
}

TEST_F(Sqlite, TakesAllOfManyOrNone) {
  auto store = open().value();
  add(*store, full("a"));
  const std::vector<Record> many = {full("b"), full("a", "other"), full("c")};
  const auto appended = store->append(many);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(runs(store->read({})), ElementsAre("a"));
}

TEST_F(Sqlite, AnOlderDatabaseHasNoCalibrations) {
  add(*open().value(), full("a"));
  sql("DROP TABLE calibration; DROP INDEX record_setup; ALTER TABLE record DROP COLUMN board;"
      "ALTER TABLE record DROP COLUMN temperature_c; PRAGMA user_version = 1");
  const auto reader = open(Mode::read).value();
  EXPECT_EQ(reader->newest_calibration("nvml", "H200", "GPU-1").value(), std::nullopt);
  EXPECT_EQ(reader->read({})->size(), 1u);
  // Opening it for writing brings it up to date, and keeps what is there.
  const auto writer = open().value();
  EXPECT_TRUE(writer->append(StoredCalibration{"a", "nvml", "H200", "GPU-1", "2026", "{}"}));
  EXPECT_EQ(writer->read({})->size(), 1u);
}

TEST_F(Sqlite, AnOlderDatabaseHasBoardsInItsProvenance) {
  Record measured = full("a");
  measured.provenance_json = R"({"meter":{"name":"nvml","device_id":"GPU-1"}})";
  Record damaged = full("b");
  damaged.provenance_json = R"({"meter":)";
  {
    auto store = open().value();
    add(*store, measured);
    add(*store, damaged);
  }
  sql("DROP INDEX record_setup; ALTER TABLE record DROP COLUMN board;"
      "ALTER TABLE record DROP COLUMN temperature_c; PRAGMA user_version = 2");
  const auto boards = [](const Result<std::vector<Record>>& records) {
    std::vector<std::string> all;
    for (const Record& r : records.value()) all.push_back(r.board);
    return all;
  };
  EXPECT_THAT(boards(open(Mode::read).value()->read({})), ElementsAre("GPU-1", ""));
  EXPECT_THAT(boards(open(Mode::read).value()->read({.columns = {"flags"}})), ElementsAre("", ""));
  EXPECT_THAT(boards(open(Mode::read).value()->read({.documents = false})),
              ElementsAre("GPU-1", ""));
  EXPECT_EQ(open(Mode::read).value()->read({.documents = false})->front().provenance_json, "");
  // Opening it for writing gives them their column, and keeps all else.
  EXPECT_THAT(boards(open().value()->read({.documents = false})), ElementsAre("GPU-1", ""));
  const Record kept = open().value()->find("a").value();
  EXPECT_EQ(kept.provenance_json, measured.provenance_json);
  EXPECT_EQ(kept.windows.size(), measured.windows.size());
}

TEST_F(Sqlite, AnOlderDatabaseHasTemperaturesInItsConditions) {
  Record measured = full("a");
  measured.board = "GPU-1";
  measured.idle_w = 71.0;
  measured.conditions_json = kFrom45To48;
  Record partly = full("b");
  partly.conditions_json = R"({"start":{"temperature_c":45.0},"end":{"temperature_c":"hot"}})";
  Record damaged = full("c");
  damaged.conditions_json = R"({"start":)";
  {
    auto store = open().value();
    for (const Record& r : {measured, partly, damaged}) add(*store, r);
  }
  sql("ALTER TABLE record DROP COLUMN temperature_c; PRAGMA user_version = 4");
  const auto check = [&](Mode mode) {
    for (const bool documents : {true, false}) {
      const auto records = open(mode).value()->read({.documents = documents}).value();
      ASSERT_EQ(records.size(), 3u);
      EXPECT_EQ(records[0].temperature_c, 46.5);
      EXPECT_EQ(records[0].board, "GPU-1");
      EXPECT_EQ(records[0].idle_w, measured.idle_w);
      EXPECT_EQ(records[0].windows.size(), measured.windows.size());
      EXPECT_EQ(records[1].temperature_c, std::nullopt);
      EXPECT_EQ(records[2].temperature_c, std::nullopt);
      EXPECT_EQ(records[0].conditions_json.empty(), !documents);
    }
  };
  check(Mode::read);
  check(Mode::write);
  check(Mode::read);
}

}  // namespace
}  // namespace joulemark::store

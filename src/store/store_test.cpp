#include "store/store.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

namespace joulemark::store {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

Record full(const std::string& run, const std::string& model = "resnet18") {
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

void add(Store& store, const Record& record) {
  const auto stored = store.append(record);
  ASSERT_TRUE(stored) << stored.error().message();
}

std::vector<std::string> runs(const Result<std::vector<Record>>& records) {
  std::vector<std::string> names;
  for (const Record& r : records.value()) names.push_back(r.run);
  return names;
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

/// What every kind of store has to do: a further kind is one more line at the end of this block.
struct Kind {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(const Place&)> open;
};
class Conformance : public ::testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<Store> open() {
    auto store = GetParam().open(place_);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(store.value());
  }
  Place place_;
};

TEST_P(Conformance, TheNewestCalibrationOfADeviceIsFound) {
  const auto store = open();
  EXPECT_EQ(store->newest_calibration("nvml", "H200", "GPU-1").value(), std::nullopt);
  const auto put = [&](const char* id, const char* device_id, const char* json) {
    const auto stored =
        store->append(StoredCalibration{id, "nvml", "H200", device_id, "2026", json});
    ASSERT_TRUE(stored) << stored.error().message();
  };
  put("a", "GPU-1", "1");
  put("b", "GPU-1", "2");
  put("c", "GPU-2", "3");
  const auto found = store->newest_calibration("nvml", "H200", "GPU-1").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "b");
  EXPECT_EQ(found->json, "2");
  EXPECT_EQ(found->made_at, "2026");
  EXPECT_EQ(store->newest_calibration("rapl", "H200", "GPU-1").value(), std::nullopt);
  EXPECT_FALSE(store->append(StoredCalibration{"a", "nvml", "H200", "GPU-1", "2026", "4"}));
}

TEST_P(Conformance, ARecordReadsBackAsItWas) {
  const Record in = full("20261124T101512Z-7f3a9c");
  add(*open(), in);
  const auto read = open()->read({});  // after closing: it is on disk
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 1u);
  const Record& out = read->front();
  EXPECT_EQ(out.model, in.model);
  EXPECT_EQ(out.batch, in.batch);
  EXPECT_EQ(out.energy_j_per_image, in.energy_j_per_image);
  EXPECT_EQ(out.windows_count, in.windows_count);
  EXPECT_EQ(out.flags, in.flags);
  EXPECT_EQ(out.systematic_terms, in.systematic_terms);
  EXPECT_EQ(out.conditions_json, in.conditions_json);
  ASSERT_EQ(out.windows.size(), 2u);
  EXPECT_EQ(out.windows[0].joules_integral, std::nullopt);
  EXPECT_EQ(out.windows[1].joules_integral, 10.5);
  EXPECT_EQ(out.windows[1].images, 100.75);
}

TEST_P(Conformance, TheUnknownStaysAbsent) {
  Record failed;
  failed.run = "a";
  failed.status = "crashed";
  auto store = open();
  add(*store, failed);
  const Record out = store->find("a").value();
  EXPECT_EQ(out.energy_j_per_image, std::nullopt);
  EXPECT_EQ(out.batch, std::nullopt);
  EXPECT_TRUE(out.flags.empty());
  EXPECT_TRUE(out.windows.empty());
}

TEST_P(Conformance, TextIsData) {
  Record r = full("'); DROP TABLE record; --");
  r.message = "'\" \n \xF0\x9F\x94\x8B";
  auto store = open();
  add(*store, r);
  EXPECT_EQ(store->find("');").value().message, r.message);
}

TEST_P(Conformance, FiltersByModelSetupStatusAndCampaign) {
  auto store = open();
  Record failed = full("c", "vit_tiny");
  failed.status = "crashed";
  Record other = full("d");
  other.setup = "h200-fp16";
  other.campaign = "other";
  for (const Record& r : {full("a"), full("b", "convnext"), failed, other}) add(*store, r);
  EXPECT_THAT(runs(store->read({})), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(runs(store->read({.model = "resnet*"})), ElementsAre("a", "d"));
  EXPECT_THAT(runs(store->read({.model = "vit_tiny.a1_in1k"})), ElementsAre("c"));
  EXPECT_THAT(runs(store->read({.setup = "h200*"})), ElementsAre("d"));
  EXPECT_THAT(runs(store->read({.status = "crashed"})), ElementsAre("c"));
  EXPECT_THAT(runs(store->read({.campaign = "other"})), ElementsAre("d"));
}

TEST_P(Conformance, NewestPerConfiguration) {
  auto store = open();
  Record latency = full("b");
  latency.policy = "batch_1";
  Record fixed8 = full("d");
  fixed8.policy = "fixed";
  fixed8.batch = 8;
  Record fixed16 = fixed8;
  fixed16.run = "e";
  fixed16.batch = 16;
  Record found_other_batch = full("c");
  found_other_batch.batch = 32;  // the search chose another: still the same policy
  for (const Record& r : {full("a"), latency, found_other_batch, fixed8, fixed16}) {
    add(*store, r);
  }
  EXPECT_THAT(runs(store->read({.newest_only = true})), ElementsAre("b", "c", "d", "e"));
}

TEST_P(Conformance, FindsByUniquePrefix) {
  auto store = open();
  for (const char* run : {"2026-aa", "2026-ab", "2027-%"}) add(*store, full(run));
  EXPECT_EQ(store->find("2026-aa").value().run, "2026-aa");
  EXPECT_EQ(store->find("2027").value().run, "2027-%");
  EXPECT_EQ(store->find("2028").error().kind, ErrorKind::not_found);
  EXPECT_EQ(store->find("%").error().kind, ErrorKind::not_found);
  const auto several = store->find("2026");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(several.error().what, HasSubstr("2 runs"));
}

TEST_P(Conformance, ARunIsStoredOnce) {
  auto store = open();
  add(*store, full("a"));
  const auto again = store->append(full("a", "other"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::invalid_input);
  const auto read = store->read({}).value();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].architecture, "resnet18");
  EXPECT_EQ(read[0].windows.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Stores, Conformance,
                         ::testing::Values(Kind{"sqlite",
                                                [](const Place& p) {
                                                  return open_sqlite(p.database(), Mode::write);
                                                }}),
                         [](const auto& tested) { return tested.param.name; });

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
    EXPECT_THAT(store.error().what, AllOf(HasSubstr("schema 7"), HasSubstr("knows 2")));
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
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto store = open();
    const bool stored = store && (*store)->append(full("a"));
    const char answer = stored ? 'y' : 'n';
    static_cast<void>(write(pipe_ends[1], &answer, 1) == 1);
    for (;;) pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(pipe_ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  auto store = open();
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_THAT(runs((*store)->read({})), ElementsAre("a"));
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

TEST_F(Sqlite, AnOlderDatabaseHasNoCalibrations) {
  add(*open().value(), full("a"));
  sql("DROP TABLE calibration; PRAGMA user_version = 1");
  const auto reader = open(Mode::read).value();
  EXPECT_EQ(reader->newest_calibration("nvml", "H200", "GPU-1").value(), std::nullopt);
  EXPECT_EQ(reader->read({})->size(), 1u);
  // Opening it for writing brings it up to date, and keeps what is there.
  const auto writer = open().value();
  EXPECT_TRUE(writer->append(StoredCalibration{"a", "nvml", "H200", "GPU-1", "2026", "{}"}));
  EXPECT_EQ(writer->read({})->size(), 1u);
}

}  // namespace
}  // namespace joulemark::store

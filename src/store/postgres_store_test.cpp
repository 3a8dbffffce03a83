#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

#include "store/columns.hpp"
#include "store/store.hpp"
#include "store/testing/postgres_server.hpp"
#include "store/testing/sample.hpp"

namespace joulemark::store {
namespace {

using testing::add;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::full;
using ::testing::HasSubstr;
using testing::kFrom45To48;
using ::testing::Not;
using testing::Place;
using testing::PostgresServer;
using testing::runs;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What only a server can do to a store.
class Postgres : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = PostgresServer::shared();
    if (server_ == nullptr) GTEST_SKIP() << PostgresServer::why_not();
    url_ = server_->make_database();
    database_ = PostgresServer::database_of(url_);
    options_.wait = 10s;
    options_.rescue = place_.folder();
    options_.say = [this](const std::string& text) { said_.push_back(text); };
  }
  Result<std::unique_ptr<Store>> open(Mode mode = Mode::write) { return open_at(url_, mode); }
  Result<std::unique_ptr<Store>> open_at(const std::string& url, Mode mode = Mode::write) {
    return open_store(Location(url), mode, options_);
  }
  std::string sql(const std::string& statements) { return server_->sql(database_, statements); }
  /// By loopback, where passwords count.
  std::string url_of(const std::string& user) { return server_->url(database_, user); }

  Place place_;
  PostgresServer* server_ = nullptr;
  std::string url_, database_;
  OpenOptions options_;
  std::vector<std::string> said_;
};

TEST_F(Postgres, CommitsAreDurableWhateverTheDefaultOfTheDatabase) {
  sql("ALTER DATABASE " + database_ + " SET synchronous_commit = off");
  auto store = open().value();
  add(*store, full("a"));
  server_->kill();
  server_->start();
  EXPECT_EQ(sql("SHOW synchronous_commit"), "off");
  EXPECT_THAT(runs(open(Mode::read).value()->read({})), ElementsAre("a"));
}

TEST_F(Postgres, ANewerSchemaIsNotTouched) {
  open().value();
  sql("INSERT INTO joulemark.migration (version) VALUES (7)");
  for (const Mode mode : {Mode::read, Mode::write}) {
    const auto store = open(mode);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::newer_schema);
    EXPECT_THAT(store.error().what, AllOf(HasSubstr("schema 7"), HasSubstr("knows 3")));
  }
}

TEST_F(Postgres, AnOlderDatabaseHasBoardsInItsProvenance) {
  Record measured = full("a");
  measured.provenance_json = R"({"exporter":{},"meter":{"calibration":null,"device_id":"GPU-1"}})";
  Record damaged = full("b");
  damaged.provenance_json = R"({"meter":)";
  {
    auto store = open().value();
    add(*store, measured);
    add(*store, damaged);
  }
  sql("ALTER TABLE joulemark.record DROP COLUMN board, DROP COLUMN temperature_c;"
      "DELETE FROM joulemark.migration WHERE version >= 2");
  for (const Mode mode : {Mode::read, Mode::write}) {
    for (const bool documents : {true, false}) {
      const auto records = open(mode).value()->read({.documents = documents}).value();
      ASSERT_EQ(records.size(), 2u);
      EXPECT_EQ(records[0].board, "GPU-1");
      EXPECT_EQ(records[1].board, "");
      EXPECT_EQ(records[0].provenance_json.empty(), !documents);
    }
  }
}

TEST_F(Postgres, AnOlderDatabaseHasTemperaturesInItsConditions) {
  Record measured = full("a");
  measured.board = "GPU-1";
  measured.conditions_json = kFrom45To48;
  Record partly = full("b");
  partly.conditions_json = R"({"end":{"temperature_c":"hot"},"start":{"temperature_c":45.0}})";
  {
    auto store = open().value();
    add(*store, measured);
    add(*store, partly);
  }
  sql("ALTER TABLE joulemark.record DROP COLUMN temperature_c;"
      "DELETE FROM joulemark.migration WHERE version = 3");
  for (const Mode mode : {Mode::read, Mode::write}) {
    for (const bool documents : {true, false}) {
      const auto records = open(mode).value()->read({.documents = documents}).value();
      ASSERT_EQ(records.size(), 2u);
      EXPECT_EQ(records[0].temperature_c, 46.5);
      EXPECT_EQ(records[0].board, "GPU-1");
      EXPECT_EQ(records[1].temperature_c, std::nullopt);
    }
  }
}

TEST_F(Postgres, AnotherProgramsSchemaIsNotTouched) {
  sql("CREATE SCHEMA joulemark; CREATE TABLE joulemark.notes (text text)");
  EXPECT_EQ(open().error().kind, ErrorKind::invalid_input);
  EXPECT_EQ(open(Mode::read).error().kind, ErrorKind::invalid_input);
  EXPECT_EQ(sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'joulemark'"), "1");
}

TEST_F(Postgres, StandsBesideOtherTables) {
  sql("CREATE TABLE record (note text); CREATE TABLE public.migration (version text)");
  add(*open().value(), full("a"));
  EXPECT_EQ(sql("SELECT count(*) FROM public.record"), "0");
}

TEST_F(Postgres, ADatabaseThatIsNotInUtf8IsRefused) {
  sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  std::string url = url_;
  url.replace(url.find("/" + database_), 1 + database_.size(), "/latin");
  const auto store = open_at(url);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(store.error().message(), AllOf(HasSubstr("LATIN1"), HasSubstr("createdb")));
}

TEST_F(Postgres, ManyThatOpenAndWriteAtOnceLoseNothing) {
  constexpr int kWriters = 8;
  constexpr int kRows = 25;
  std::atomic<int> stored{0};
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const auto store = open_store(Location(url_), Mode::write);
      for (int i = 0; store && i < kRows; ++i) {
        if ((*store)->append(full(std::to_string(w) + "-" + std::to_string(i)))) ++stored;
      }
    });
  }
  for (std::thread& t : writers) t.join();
  EXPECT_EQ(stored, kWriters * kRows);
  const auto read = open(Mode::read).value()->read({}).value();
  ASSERT_EQ(read.size(), static_cast<std::size_t>(kWriters * kRows));
  for (const Record& r : read) EXPECT_EQ(r.windows.size(), 2u) << r.run;
}

TEST_F(Postgres, OneMeasurementAtATimeOnADevice) {
  const Device gpu{"GPU-1", "NVIDIA H200"};
  auto first = open().value();
  ASSERT_TRUE(first->claim(gpu));
  auto second = open().value();
  const auto refused = second->claim(gpu);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::busy);
  EXPECT_THAT(refused.error().what, AllOf(HasSubstr("NVIDIA H200"),
                                          HasSubstr(std::to_string(getpid())), HasSubstr(" on ")));
  EXPECT_TRUE(second->claim({"GPU-2", "NVIDIA H200"})) << "another device of the same kind";
  first.reset();
  EXPECT_TRUE(second->claim(gpu)) << "given free with its store";
}

TEST_F(Postgres, AKilledWriterGivesItsDeviceFreeAndKeepsItsRows) {
  ASSERT_TRUE(testing::done_by_a_killed_process([&]() -> std::unique_ptr<Store> {
    auto store = open();
    const bool stored = store && (*store)->claim({"GPU-1", "GPU"}) && (*store)->append(full("a"));
    return stored ? std::move(*store) : nullptr;
  }));
  auto store = open().value();
  bool claimed = false;
  for (int i = 0; i < 500 && !claimed; ++i) {
    claimed = store->claim({"GPU-1", "GPU"}).has_value();
    if (!claimed) std::this_thread::sleep_for(10ms);
  }
  EXPECT_TRUE(claimed);
  EXPECT_THAT(runs(store->read({})), ElementsAre("a"));
}

TEST_F(Postgres, AServerThatIsRestartedCostsNoRow) {
  auto store = open().value();
  ASSERT_TRUE(store->claim({"GPU-1", "GPU"}));
  add(*store, full("a"));
  server_->kill();
  auto answer = std::async(std::launch::async, [&] { return store->append(full("b")); });
  std::this_thread::sleep_for(300ms);
  server_->start();  // in this thread: the server ends with the one that started it
  const auto stored = answer.get();
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_THAT(said_, Contains(HasSubstr("trying again for 10 s")));
  EXPECT_THAT(said_, Contains(HasSubstr("answers again")));
  EXPECT_THAT(runs(store->read({})), ElementsAre("a", "b"));
  // The device is claimed again, and what was lost is not claimed twice.
  EXPECT_EQ(open().value()->claim({"GPU-1", "GPU"}).error().kind, ErrorKind::busy);
}

TEST_F(Postgres, AConnectionThatTheServerEndsIsMadeAnew) {
  auto store = open().value();
  ASSERT_TRUE(store->claim({"GPU-1", "GPU"}));
  for (const char* run : {"a", "b", "c"}) {
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
        "'joulemark %' AND datname = current_database()");
    add(*store, full(run));
  }
  EXPECT_THAT(runs(store->read({})), ElementsAre("a", "b", "c"));
}

TEST_F(Postgres, ADeviceThatWasTakenMeanwhileIsSaid) {
  auto store = open().value();
  ASSERT_TRUE(store->claim({"GPU-1", "NVIDIA H200"}));
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
      "'joulemark %' AND datname = current_database()");
  auto other = open().value();
  ASSERT_TRUE(other->claim({"GPU-1", "NVIDIA H200"}));
  const auto stored = store->append(full("a"));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().kind, ErrorKind::busy);
  EXPECT_THAT(stored.error().message(), AllOf(HasSubstr("NVIDIA H200"), HasSubstr("a is stored")));
  EXPECT_THAT(runs(other->read({})), ElementsAre("a"));
}

TEST_F(Postgres, ARowThatWasStoredWithoutAnAnswerIsNotStoredTwice) {
  auto store = open().value();
  // A frozen server has received the statement and answers nothing: the client must ask again, and
  // the first statement is carried out when the server goes on.
  options_.wait = 6s;
  auto patient = open().value();
  server_->freeze();
  std::thread later([&] {
    std::this_thread::sleep_for(4s);
    server_->thaw();
  });
  const auto stored = patient->append(full("a"));
  later.join();
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_THAT(runs(store->read({})), ElementsAre("a"));
  EXPECT_EQ(store->find("a")->windows.size(), 2u);
  EXPECT_FALSE(store->append(full("a", "other"))) << "but another row of this name is refused";
}

TEST_F(Postgres, WhatCannotBeStoredIsKeptAsideAndCanBeAdded) {
  options_.wait = 300ms;
  auto store = open().value();
  add(*store, full("a"));
  server_->kill();
  const auto lost = store->append(full("b"));
  const auto calibration =
      store->append(StoredCalibration{"k", "nvml", "H200", "GPU-1", "2026", "{}"});
  server_->start();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::io);
  const fs::path aside = place_.folder() / "joulemark-unsent-b.sqlite";
  EXPECT_THAT(lost.error().what, AllOf(HasSubstr("cannot be reached"), HasSubstr(aside.string())));
  EXPECT_THAT(lost.error().next, HasSubstr("joulemark import " + aside.string()));
  const auto kept = open_sqlite(aside, Mode::read).value()->read({}).value();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(to_full_json(kept[0]), to_full_json(full("b")));
  ASSERT_FALSE(calibration);
  EXPECT_EQ(open_sqlite(place_.folder() / "joulemark-unsent-k.sqlite", Mode::read)
                .value()
                ->calibrations()
                ->size(),
            1u);
  EXPECT_THAT(runs(open(Mode::read).value()->read({})), ElementsAre("a"));
}

TEST_F(Postgres, ServersThatAreNotThere) {
  options_.wait = 500ms;
  const auto nobody = open_at("postgresql://me:hunter2@127.0.0.1:1/energy");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, ErrorKind::io);
  EXPECT_THAT(nobody.error().message(), AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("hunter2"))));
  const auto socket = open_at("postgresql:///energy?host=/nowhere");
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().kind, ErrorKind::io);
}

TEST_F(Postgres, WrongPasswordsAndMissingDatabases) {
  sql("CREATE ROLE ann LOGIN PASSWORD 'right'");
  const std::string url = url_of("ann:hunter2");
  const auto wrong = open_at(url);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::permission_denied) << wrong.error().message();
  EXPECT_THAT(wrong.error().message(),
              AllOf(HasSubstr("ann"), HasSubstr(".pgpass"), Not(HasSubstr("hunter2"))));
  const auto missing = open_at(server_->url("nowhere", "ann:right"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::io) << missing.error().message();
  EXPECT_THAT(missing.error().message(), AllOf(HasSubstr("createdb"), Not(HasSubstr("right"))));
}

TEST_F(Postgres, WhatAUserMayDoIsKnownBeforeMeasuring) {
  sql("CREATE ROLE bob LOGIN PASSWORD 'b'");
  const std::string url = url_of("bob:b");
  // Nothing is there yet, and he may not make it.
  EXPECT_EQ(open_at(url).error().kind, ErrorKind::permission_denied);
  EXPECT_EQ(open_at(url, Mode::read).error().kind, ErrorKind::not_found);
  add(*open().value(), full("a"));
  EXPECT_EQ(open_at(url, Mode::read).error().kind, ErrorKind::permission_denied);
  sql("GRANT USAGE ON SCHEMA joulemark TO bob; GRANT SELECT ON ALL TABLES IN SCHEMA joulemark TO "
      "bob");
  EXPECT_THAT(runs(open_at(url, Mode::read).value()->read({})), ElementsAre("a"));
  const auto refused = open_at(url);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::permission_denied);
  EXPECT_THAT(refused.error().next, HasSubstr("GRANT SELECT, INSERT"));
  sql("GRANT INSERT ON ALL TABLES IN SCHEMA joulemark TO bob");
  auto store = open_at(url).value();
  add(*store, full("b"));
  EXPECT_EQ(sql("SELECT count(*) FROM joulemark.record"), "2");
  // Taken back while he measures: the row is kept aside.
  sql("REVOKE INSERT ON joulemark.record FROM bob");
  const auto kept = store->append(full("c"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().kind, ErrorKind::permission_denied);
  EXPECT_TRUE(fs::exists(place_.folder() / "joulemark-unsent-c.sqlite"));
}

TEST_F(Postgres, AServerThatTakesNoWritingCanBeRead) {
  add(*open().value(), full("a"));
  sql("ALTER DATABASE " + database_ + " SET default_transaction_read_only = on");
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::read_only);
  EXPECT_THAT(runs(open(Mode::read).value()->read({})), ElementsAre("a"));
}

TEST_F(Postgres, InterruptedWhileItWaitsItKeepsTheRow) {
  std::atomic<bool> interrupted{false};
  options_.wait = 60s;
  options_.interrupted = &interrupted;
  auto store = open().value();
  server_->kill();
  std::thread later([&] {
    std::this_thread::sleep_for(300ms);
    interrupted = true;
  });
  const auto stored = store->append(full("a"));
  later.join();
  server_->start();
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().kind, ErrorKind::interrupted);
  EXPECT_TRUE(fs::exists(place_.folder() / "joulemark-unsent-a.sqlite"));
}

TEST_F(Postgres, AServerWithoutFsyncIsSaidToBeOne) {
  open().value();
  EXPECT_THAT(said_, Contains(HasSubstr("fsync = off")));
}

}  // namespace
}  // namespace joulemark::store

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "base/text.hpp"
#include "store/columns.hpp"
#include "store/store.hpp"
#include "store/testing/sample.hpp"
#ifdef JOULEMARK_WITH_POSTGRESQL
#include "store/testing/postgres_server.hpp"
#endif

namespace joulemark::store {
namespace {

using testing::add;
using ::testing::ElementsAre;
using testing::full;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::Place;
using testing::runs;
using ::testing::SizeIs;

Location in_a_file(const Place& place) { return Location::file(place.database()); }

#ifdef JOULEMARK_WITH_POSTGRESQL
/// On a real server; absent where there is none.
std::optional<Location> on_a_server(std::string& why_not) {
  testing::PostgresServer* server = testing::PostgresServer::shared();
  why_not = testing::PostgresServer::why_not();
  return server != nullptr ? std::optional(Location(server->make_database())) : std::nullopt;
}
#else
std::optional<Location> on_a_server(std::string& why_not) {
  why_not = "this build has no PostgreSQL (libpq-fe.h: apt install libpq-dev)";
  return std::nullopt;
}
#endif

/// What every kind of store has to do: a further kind is one more line at the end of this file.
struct Kind {
  std::string name;
  /// A place where nothing is yet; absent with the reason where there cannot be one.
  std::function<std::optional<Location>(const Place&, std::string& why_not)> place;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class Conformance : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    std::string why_not;
    location_ = GetParam().place(place_, why_not);
    if (!location_) GTEST_SKIP() << why_not;
  }
  std::unique_ptr<Store> open(Mode mode = Mode::write) {
    OpenOptions options;
    options.rescue = place_.folder();
    auto store = open_store(*location_, mode, options);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(store.value());
  }
  Place place_;
  std::optional<Location> location_;
};

/// A record whose every field differs from every other, absent ones left out.
Record every_field() {
  Record r;
  int n = 0;
  for (const Column& c : columns()) {
    ++n;
    if (const auto* text = std::get_if<Text>(&c.field)) r.*(*text) = "text " + std::to_string(n);
    if (const auto* number = std::get_if<Number>(&c.field)) r.*(*number) = 1.0 / n;
    if (const auto* count = std::get_if<Count>(&c.field)) r.*(*count) = n;
    if (const auto* words = std::get_if<Words>(&c.field)) r.*(*words) = {"one", std::to_string(n)};
    if (const auto* terms = std::get_if<Terms>(&c.field)) r.*(*terms) = {{"term", 0.1 / n}};
  }
  r.conditions_json = R"({"start": {"clock_mhz": 1980.10}, "b": 1,   "a": 2})";
  r.windows = {{0.0, 0.5, 10.0, 100.25, std::nullopt}, {0.1, 0.2, 0.3, 1.0 / 3.0, 10.5}};
  return r;
}

TEST_P(Conformance, EveryColumnReadsBackAsItWas) {
  const Record in = every_field();
  auto store = open();
  add(*store, in);
  const Record out = store->find(in.run).value();
  for (const Column& c : columns()) EXPECT_EQ(to_text(out, c), to_text(in, c)) << c.name;
  EXPECT_EQ(to_full_json(out), to_full_json(in));
  EXPECT_EQ(out.conditions_json, in.conditions_json) << "to the byte, not only as JSON";
}

TEST_P(Conformance, NumbersAreEqualToTheLastBit) {
  auto store = open();
  Record in = full("a");
  in.windows.clear();
  std::vector<double> values = {0.1,
                                1.0 / 3.0,
                                5e-324,
                                std::numeric_limits<double>::max(),
                                -1e3,
                                1e22,
                                1e23,
                                std::nextafter(1.0, 2.0),
                                0.0,
                                1e-7,
                                9007199254740993.0};
  std::srand(1);
  for (int i = 0; i < 500; ++i) values.push_back(std::ldexp(std::rand(), std::rand() % 200 - 100));
  for (const double v : values) in.windows.push_back({v, v / 3.0, v / 7.0, v / 11.0, v / 13.0});
  in.energy_j_per_image = std::nextafter(0.3, 1.0);
  in.batch = std::numeric_limits<std::int64_t>::max();
  add(*store, in);
  const Record out = store->find("a").value();
  EXPECT_EQ(out.energy_j_per_image, in.energy_j_per_image);
  EXPECT_EQ(out.batch, in.batch);
  ASSERT_EQ(out.windows.size(), in.windows.size());
  for (std::size_t i = 0; i < in.windows.size(); ++i) {
    EXPECT_EQ(out.windows[i].start_s, in.windows[i].start_s);
    EXPECT_EQ(out.windows[i].seconds, in.windows[i].seconds);
    EXPECT_EQ(out.windows[i].joules, in.windows[i].joules);
    EXPECT_EQ(out.windows[i].images, in.windows[i].images);
    EXPECT_EQ(out.windows[i].joules_integral, in.windows[i].joules_integral);
  }
}

TEST_P(Conformance, WhatIsNoNumberIsUnknownAndInfinityIsKept) {
  auto store = open();
  Record r = full("a");
  r.power_w = std::nan("");
  r.power_max_w = std::numeric_limits<double>::infinity();
  r.idle_w = -std::numeric_limits<double>::infinity();
  add(*store, r);
  const Record out = store->find("a").value();
  EXPECT_EQ(out.power_w, std::nullopt);
  EXPECT_EQ(out.power_max_w, r.power_max_w);
  EXPECT_EQ(out.idle_w, r.idle_w);
}

TEST_P(Conformance, AWorkersBytesDoNotCostARow) {
  auto store = open();
  Record r = full("a");
  r.message = "bytes \xff\xfe and " + std::string(1, '\0') + " end";
  add(*store, r);
  EXPECT_THAT(to_json(std::vector{store->find("a").value()}), HasSubstr(" end"));
}

TEST_P(Conformance, ReadersSeeWhatIsCompleteWhileOthersWrite) {
  auto writer = open();
  add(*writer, full("a"));
  auto reader = open(Mode::read);
  EXPECT_THAT(runs(reader->read({})), ElementsAre("a"));
  add(*writer, full("b"));
  EXPECT_THAT(runs(reader->read({})), ElementsAre("a", "b"));
  EXPECT_FALSE(reader->append(full("c"))) << "it was opened for reading";
  EXPECT_THAT(runs(reader->read({})), ElementsAre("a", "b"));
}

TEST_P(Conformance, ReadingDoesNotCreate) {
  for (int i = 0; i < 2; ++i) {
    const auto store = open_store(*location_, Mode::read);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::not_found);
    EXPECT_THAT(store.error().next, HasSubstr("joulemark measure"));
  }
}

TEST_P(Conformance, AllCalibrationsInTheOrderOfMaking) {
  auto store = open();
  EXPECT_TRUE(store->calibrations()->empty());
  const StoredCalibration first{"b", "nvml", "H200", "GPU-1", "2026", R"({"lag":  0.10})"};
  for (const auto& c : {first, StoredCalibration{"a", "rapl", "Xeon", "", "2027", "{}"}}) {
    ASSERT_TRUE(store->append(c));
  }
  const auto all = store->calibrations().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, "b");
  EXPECT_EQ(all[0].json, first.json);
  EXPECT_EQ(all[0].device_id, "GPU-1");
  EXPECT_EQ(all[1].meter, "rapl");
}

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

TEST_P(Conformance, WindowsAreLeftOutWhereNobodyAsksForThem) {
  auto store = open();
  add(*store, full("a"));
  const auto without = store->read({.windows = false}).value();
  ASSERT_EQ(without.size(), 1u);
  EXPECT_TRUE(without[0].windows.empty());
  EXPECT_EQ(without[0].energy_j_per_image, full("a").energy_j_per_image);
}

TEST_P(Conformance, DocumentsAreLeftOutWhereNobodyAsksForThem) {
  auto store = open();
  Record record = full("a");
  record.board = "GPU-1";
  record.temperature_c = 46.5;
  record.provenance_json = R"({"job":1})";
  add(*store, record);
  const auto without = store->read({.documents = false}).value();
  ASSERT_EQ(without.size(), 1u);
  EXPECT_EQ(without[0].conditions_json, "");
  EXPECT_EQ(without[0].provenance_json, "");
  EXPECT_EQ(without[0].board, "GPU-1");
  EXPECT_EQ(without[0].temperature_c, 46.5);
  EXPECT_EQ(without[0].systematic_terms, record.systematic_terms);
  EXPECT_EQ(store->read({}).value()[0].provenance_json, record.provenance_json);
}

TEST_P(Conformance, OfSomeColumnsTheseAreReadAndWhatIsFilteredBy) {
  auto store = open();
  const Record record = full("a");
  add(*store, record);
  Filter filter{.windows = false, .columns = {"energy_j_per_image", "flags"}};
  const auto some = store->read(filter).value();
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0].energy_j_per_image, record.energy_j_per_image);
  EXPECT_EQ(some[0].flags, record.flags);
  EXPECT_EQ(some[0].message, "");
  filter.setup = record.setup;
  EXPECT_EQ(store->read(filter).value().at(0).setup, record.setup);
  filter.setup = "no-such-setup";
  EXPECT_TRUE(store->read(filter).value().empty());
}

TEST_P(Conformance, ASetupIsAPatternOrAName) {
  auto store = open();
  const std::vector<std::string> setups = {"gpu", "gpu0", "gpu[0]", "gpu*"};
  for (const std::string& setup : setups) {
    Record record = full("run " + setup);
    record.setup = setup;
    add(*store, record);
  }
  const auto found = [&](const std::string& pattern) {
    std::vector<std::string> all;
    const auto read = store->read({.setup = pattern});
    for (const Record& r : read.value()) all.push_back(r.setup);
    return all;
  };
  for (const std::string& setup : setups) EXPECT_THAT(found(glob_of(setup)), ElementsAre(setup));
  EXPECT_THAT(found("gpu*"), SizeIs(4));
  EXPECT_THAT(found("gpu[0]"), ElementsAre("gpu0"));
  EXPECT_THAT(found("elsewhere"), IsEmpty());
}

TEST_P(Conformance, WhatIsReadOneByOneIsWhatIsReadAtOnce) {
  auto store = open();
  for (const char* run : {"a", "b", "c"}) add(*store, full(run));
  Record elsewhere = full("d");
  elsewhere.setup = "elsewhere";
  add(*store, elsewhere);
  for (const Filter& filter : {Filter{}, Filter{.setup = elsewhere.setup, .windows = false},
                               Filter{.newest_only = true, .documents = false}}) {
    std::vector<std::string> one_by_one;
    ASSERT_TRUE(store->visit(
        filter, [&](const Record& record) { one_by_one.push_back(to_full_json(record)); }));
    std::vector<std::string> at_once;
    const auto read = store->read(filter);
    for (const Record& record : read.value()) at_once.push_back(to_full_json(record));
    EXPECT_FALSE(at_once.empty());
    EXPECT_EQ(one_by_one, at_once);
  }
}

TEST_P(Conformance, RecordsAreCountedBySetup) {
  auto store = open();
  EXPECT_THAT(store->count_by_setup().value(), IsEmpty());
  for (const char* run : {"a", "b", "c"}) {
    Record record = full(run);
    record.setup = run[0] == 'b' ? "one" : "another";
    add(*store, record);
  }
  EXPECT_THAT(store->count_by_setup().value(), ElementsAre(Pair("another", 2u), Pair("one", 1u)));
}

TEST_P(Conformance, ManyRecordsAreAppendedAtOnce) {
  auto store = open();
  std::vector<Record> many;
  for (char name = 'a'; name <= 'z'; ++name) many.push_back(full(std::string(1, name)));
  ASSERT_TRUE(store->append(many));
  const auto read = store->read({}).value();
  ASSERT_EQ(read.size(), many.size());
  for (std::size_t i = 0; i < many.size(); ++i) {
    EXPECT_EQ(read[i].run, many[i].run);
    EXPECT_EQ(read[i].windows.size(), many[i].windows.size());
  }
  const std::vector<Record> again = {full("new"), full("a", "other")};
  EXPECT_FALSE(store->append(again)) << "one of them is there already";
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

INSTANTIATE_TEST_SUITE_P(
    Stores, Conformance,
    ::testing::Values(Kind{"sqlite", [](const Place& p, std::string&) { return in_a_file(p); }},
                      Kind{"postgres",
                           [](const Place&, std::string& why) { return on_a_server(why); }}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace joulemark::store

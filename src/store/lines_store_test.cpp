#include <gmock/gmock.h>

#include <fstream>

#include "store/columns.hpp"
#include "store/merge.hpp"
#include "store/testing/sample.hpp"

namespace joulemark::store {
namespace {

namespace fs = std::filesystem;
using testing::add;
using ::testing::ElementsAre;
using testing::full;
using ::testing::HasSubstr;
using testing::Place;
using testing::runs;

class Lines : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, const std::vector<std::string>& lines) {
    const fs::path path = place_.folder() / name;
    fs::create_directories(path.parent_path());
    std::ofstream out(path);
    for (const std::string& line : lines) out << line << '\n';
    return path;
  }
  static std::string line(const Record& r) { return to_full_json(r, -1); }
  static std::unique_ptr<Store> open(const fs::path& path) {
    auto store = open_store(Location::file(path), Mode::read);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(store.value());
  }
  static Error error(const fs::path& path) {
    auto store = open_store(Location::file(path), Mode::read);
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
  }
  Place place_;
};

TEST_F(Lines, ARowReadsBackAsItWas) {
  Record r = full("a");
  r.message = "two\nlines, \"quoted\"";
  r.conditions_json = R"({"start":{"clock_mhz":1980.1},"b":1,"a":[2,null]})";
  r.provenance_json = R"({"joulemark":"0.1.0"})";
  const auto again = from_full_json(line(r));
  ASSERT_TRUE(again) << again.error().message();
  for (const Column& c : columns()) EXPECT_EQ(to_text(*again, c), to_text(r, c)) << c.name;
  EXPECT_EQ(line(*again), line(r));
  EXPECT_EQ(again->windows.size(), 2u);
  EXPECT_EQ(again->windows[0].joules_integral, std::nullopt);
}

TEST_F(Lines, WhatIsUnknownStaysUnknown) {
  Record failed;
  failed.run = "a";
  failed.model = "resnet18";
  failed.status = "export_failed";
  const auto again = from_full_json(line(failed));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->energy_j_per_image, std::nullopt);
  EXPECT_EQ(again->batch, std::nullopt);
  EXPECT_EQ(line(*again), line(failed));
}

TEST_F(Lines, AColumnThatCameLaterIsAbsentInOlderRows) {
  const auto row = from_full_json(R"({"run": "a", "model": "m", "status": "ok", "batch": 4})");
  ASSERT_TRUE(row) << row.error().message();
  EXPECT_EQ(row->batch, 4);
  EXPECT_EQ(row->idle_w, std::nullopt);
}

TEST_F(Lines, WhatIsNoRowIsRefusedByItsField) {
  const auto what = [](const char* text) {
    const auto row = from_full_json(text);
    return row ? std::string("a row") : row.error().what;
  };
  EXPECT_THAT(what("{"), HasSubstr("no JSON object"));
  EXPECT_THAT(what("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(what(R"({"model": "m", "status": "ok"})"), HasSubstr("no 'run'"));
  EXPECT_THAT(what(R"({"run": "a", "batch": "4"})"), HasSubstr("'batch'"));
  EXPECT_THAT(what(R"({"run": "a", "batch": 1.5})"), HasSubstr("'batch'"));
  EXPECT_THAT(what(R"({"run": 7})"), HasSubstr("'run'"));
  EXPECT_THAT(what(R"({"run": "a", "flags": ["x"]})"), HasSubstr("'flags'"));
  EXPECT_THAT(what(R"({"run": "a", "conditions": "{}"})"), HasSubstr("'conditions'"));
  EXPECT_THAT(what(R"({"run": "a", "systematic_terms": {"a": "b"}})"), HasSubstr("'systematic_t"));
  EXPECT_THAT(what(R"({"run": "a", "window_list": [{"start_s": 0}]})"), HasSubstr("'seconds'"));
  EXPECT_THAT(what(R"({"run": "a", "carbon_g": 1})"), HasSubstr("'carbon_g'"));
}

TEST_F(Lines, AFolderIsAllItsFilesInTheOrderOfMeasuring) {
  file("set/one/runs.jsonl", {line(full("c")), "", line(full("a"))});
  file("set/two/runs.jsonl", {line(full("b", "vit"))});
  file("set/two/rows.csv", {"not,rows"});
  const auto store = open(place_.folder() / "set");
  EXPECT_THAT(runs(store->read({})), ElementsAre("a", "b", "c"));
  Filter filter;
  filter.model = "vit*";
  EXPECT_THAT(runs(store->read(filter)), ElementsAre("b"));
  filter = {};
  filter.newest_only = true;
  EXPECT_THAT(runs(store->read(filter)), ElementsAre("b", "c"));
  EXPECT_EQ(store->find("b").value().architecture, "vit");
  EXPECT_EQ(store->find("x").error().kind, ErrorKind::not_found);
  EXPECT_EQ(store->calibrations()->size(), 0u);
}

TEST_F(Lines, ARunThatStandsTwiceIsOneUnlessTheyDiffer) {
  file("set/a.jsonl", {line(full("a"))});
  file("set/b.jsonl", {line(full("a")), line(full("b"))});
  EXPECT_THAT(runs(open(place_.folder() / "set")->read({})), ElementsAre("a", "b"));
  file("set/c.jsonl", {line(full("a", "other"))});
  EXPECT_EQ(error(place_.folder() / "set").kind, ErrorKind::invalid_input);
}

TEST_F(Lines, ErrorsNameFileAndLine) {
  const fs::path path = file("rows.jsonl", {line(full("a")), "{}"});
  EXPECT_EQ(error(path).kind, ErrorKind::invalid_input);
  EXPECT_THAT(error(path).what, HasSubstr("line 2 of " + path.string()));
  EXPECT_EQ(error(place_.folder() / "none.jsonl").kind, ErrorKind::not_found);
  fs::create_directory(place_.folder() / "empty");
  EXPECT_EQ(error(place_.folder() / "empty").kind, ErrorKind::not_found);
}

TEST_F(Lines, NothingIsWrittenToThem) {
  const fs::path path = file("rows.jsonl", {line(full("a"))});
  const auto store = open_store(Location::file(path), Mode::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::read_only);
  EXPECT_EQ(open(path)->append(full("b")).error().kind, ErrorKind::read_only);
}

TEST_F(Lines, MergeIntoADatabaseAndAreTheSameThere) {
  const fs::path path = file("rows.jsonl", {line(full("a")), line(full("b"))});
  const auto into = open_sqlite(place_.database(), Mode::write).value();
  add(*into, full("a"));
  const auto merged = merge(*open(path), *into);
  ASSERT_TRUE(merged) << merged.error().message();
  EXPECT_EQ(merged->added, 1u);
  EXPECT_EQ(merged->there, 1u);
  EXPECT_EQ(line(into->find("b").value()), line(full("b")));
}

}  // namespace
}  // namespace joulemark::store

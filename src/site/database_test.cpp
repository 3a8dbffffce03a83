#include "site/database.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "store/store.hpp"

namespace joulemark::site {
namespace {

store::Record record(const char* run) {
  store::Record r;
  r.run = run;
  r.model = "resnet18";
  r.status = "ok";
  r.energy_j_per_image = 0.1;
  r.provenance_json = R"({"job":1})";
  r.windows = {{0.0, 0.5, 10.0, 100.25, std::nullopt}};
  return r;
}

TEST(Database, HoldsAllOfTheRows) {
  const std::vector<store::Record> rows = {record("a"), record("b")};
  const auto file = database(rows);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->type, "application/vnd.sqlite3");
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "site.sqlite";
  std::ofstream(path, std::ios::binary) << file->bytes;
  const auto store = store::open_sqlite(path, store::Mode::read);
  ASSERT_TRUE(store) << store.error().message();
  const auto read = (*store)->read({});
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->at(1).run, "b");
  EXPECT_EQ(read->at(1).provenance_json, rows[1].provenance_json);
  EXPECT_EQ(read->at(1).windows.size(), 1U);
  std::filesystem::remove(path);
}

TEST(Database, IsTheSameForTheSameRows) {
  const std::vector<store::Record> rows = {record("a"), record("b")};
  EXPECT_EQ(database(rows)->bytes, database(rows)->bytes);
}

TEST(Database, OfOneRunTwiceIsAnError) {
  const std::vector<store::Record> rows = {record("a"), record("a")};
  EXPECT_FALSE(database(rows));
}

}  // namespace
}  // namespace joulemark::site

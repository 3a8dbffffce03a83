#include "store/columns.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "store/store.hpp"

namespace joulemark::store {
namespace {

using nlohmann::ordered_json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> exported_names() {
  std::vector<std::string> names;
  for (const Column& c : columns()) {
    if (c.exported) names.emplace_back(c.name);
  }
  return names;
}

Record sample() {
  Record r;
  r.run = "20261124T101512Z-7f3a9c";
  r.model = "resnet18";
  r.device = "A, \"quoted\"\ndevice";
  r.batch = 64;
  r.energy_j_per_image = 0.1;
  r.ci95_rel = 1.0 / 3.0;
  r.flags = {"weights_random", "power_capped"};
  r.status = "ok";
  r.systematic_terms = {{"sensor", 0.01}};
  r.conditions_json = R"({"start":{"clock_mhz":1980.0}})";
  r.windows = {{0.0, 0.5, 10.0, 100.25, std::nullopt}, {0.5, 0.5, 11.0, 100.75, 10.5}};
  return r;
}

TEST(Columns, KeepTheirNamesAndOrder) {
  // Other programs read these: a change here breaks them. New columns go to the end.
  EXPECT_THAT(
      exported_names(),
      ElementsAre("model", "architecture", "input_size", "setup", "runtime", "runtime_version",
                  "device", "meter", "scope", "precision", "layout", "batch", "policy",
                  "energy_j_per_image", "energy_net_j_per_image", "ci95_rel", "systematic_rel",
                  "images_per_s", "latency_ms_p50", "latency_ms_p99", "power_w", "windows",
                  "seconds", "estimator_gap_rel", "flags", "weights", "status", "measured_at",
                  "method", "artefact_sha256", "run", "format", "campaign", "power_max_w",
                  "energy_delay_js", "idle_w", "message", "board", "temperature_c"));
}

TEST(Columns, AreUniqueAndExplained) {
  std::set<std::string_view> names;
  for (const Column& c : columns()) {
    EXPECT_TRUE(names.insert(c.name).second) << c.name;
    EXPECT_FALSE(c.meaning.empty()) << c.name;
  }
}

TEST(Columns, TheirPageSaysTheSame) {
  std::ifstream in(JOULEMARK_COLUMNS_PAGE);
  ASSERT_TRUE(in) << JOULEMARK_COLUMNS_PAGE;
  std::vector<std::string> on_page;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| `")) on_page.push_back(line);
  }
  std::vector<std::string> expected;
  for (const Column& c : columns()) {
    if (!c.exported) continue;
    std::ostringstream row;
    row << "| `" << c.name << "` | " << c.unit << (c.unit.empty() ? "" : " ") << "| " << c.meaning
        << " |";
    expected.push_back(row.str());
  }
  EXPECT_EQ(on_page, expected);
}

TEST(ColumnsToRead, AreWhatIsAskedForAfterWhatTellsWhetherARowIsWanted) {
  constexpr std::string_view kBoard[] = {"board"};
  const auto names = [](const Filter& filter, Lacking lacking = {}) {
    std::vector<std::string> all;
    for (const Column* c : columns_to_read(filter, lacking).all) all.emplace_back(c->name);
    return all;
  };
  EXPECT_EQ(names({}).size(), columns().size());
  EXPECT_EQ(columns_to_read({}, {}).telling, 0u);
  EXPECT_THAT(names({.documents = false}), Not(Contains("provenance")));
  EXPECT_THAT(names({.documents = false}), Contains("systematic_terms"));
  EXPECT_THAT(names({.documents = false}, kBoard), Contains("provenance")) << "the board is in it";

  const Filter some{.model = "a*", .setup = "b", .windows = false, .columns = {"flags", "setup"}};
  EXPECT_THAT(names(some, kBoard), ElementsAre("model", "architecture", "setup", "flags"));
  EXPECT_EQ(columns_to_read(some, {}).telling, 3u);
  EXPECT_THAT(names({.status = "ok", .campaign = "c", .windows = false, .columns = {"batch"}}),
              ElementsAre("status", "campaign", "batch"));
  EXPECT_THAT(names({.columns = {"flags"}}), ElementsAre("flags", "run")) << "windows are by run";
  EXPECT_THAT(names({.newest_only = true, .windows = false, .columns = {"flags"}}),
              ElementsAre("model", "input_size", "setup", "batch", "policy", "flags"));
}

TEST(ColumnsToRead, AreNullInATableThatLacksThem) {
  constexpr std::string_view kBoard[] = {"board"};
  for (const Column& c : columns()) {
    EXPECT_EQ(in_select(c, kBoard), c.name == "board" ? "NULL" : c.name);
    EXPECT_EQ(in_select(c, {}), c.name);
  }
}

TEST(Csv, HasAHeaderAndLeavesTheUnknownEmpty) {
  const std::string csv = to_csv({});
  EXPECT_THAT(csv, StartsWith("model,architecture,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1);
  Record empty;
  const std::string row = to_csv(std::vector{empty}).substr(csv.size());
  EXPECT_EQ(row, std::string(exported_names().size() - 1, ',') + "\n");
}

TEST(Csv, QuotesAsRfc4180Says) {
  const std::string csv = to_csv(std::vector{sample()});
  EXPECT_THAT(csv, HasSubstr(",\"A, \"\"quoted\"\"\ndevice\","));
  EXPECT_THAT(csv, HasSubstr(",weights_random power_capped,"));
}

TEST(Numbers, ReadBackAsTheyWere) {
  for (const double value :
       {0.1, 1.0 / 3.0, 1e-300, 123456789.123456789, std::nextafter(1.0, 2.0), 5e-324}) {
    Record r;
    r.energy_j_per_image = value;
    for (const Column& c : columns()) {
      if (c.name != "energy_j_per_image") continue;
      EXPECT_EQ(std::strtod(to_text(r, c).c_str(), nullptr), value);
    }
    const auto j = ordered_json::parse(to_json(std::vector{r}));
    EXPECT_EQ(j[0]["energy_j_per_image"].get<double>(), value);
  }
}

TEST(Json, IsNullWhereNothingIsKnown) {
  const auto j = ordered_json::parse(to_json(std::vector{Record{}}));
  EXPECT_TRUE(j[0]["energy_j_per_image"].is_null());
  EXPECT_TRUE(j[0]["batch"].is_null());
  EXPECT_TRUE(j[0]["message"].is_null());
  EXPECT_EQ(j[0]["flags"], "");
  EXPECT_EQ(ordered_json::parse(to_json({})), ordered_json::array());
}

TEST(Json, HasTheColumnsInOrder) {
  const auto j = ordered_json::parse(to_json(std::vector{sample()}));
  std::vector<std::string> keys;
  for (const auto& [key, value] : j[0].items()) keys.push_back(key);
  EXPECT_EQ(keys, exported_names());
  EXPECT_EQ(j[0]["batch"], 64);
  EXPECT_EQ(j[0]["flags"], "weights_random power_capped");
}

TEST(Json, KeepsWholeWhenATextIsNotUtf8) {
  Record r = sample();
  r.message = "bytes \xff\xfe";
  EXPECT_NO_THROW(to_json(std::vector{r}));
  EXPECT_TRUE(ordered_json::accept(to_json(std::vector{r})));
}

TEST(FullJson, AddsConditionsTermsAndWindows) {
  const auto j = ordered_json::parse(to_full_json(sample()));
  EXPECT_EQ(j["conditions"]["start"]["clock_mhz"], 1980.0);
  EXPECT_EQ(j["systematic_terms"]["sensor"], 0.01);
  EXPECT_TRUE(j["provenance"].is_null());
  ASSERT_EQ(j["window_list"].size(), 2u);
  EXPECT_TRUE(j["window_list"][0]["joules_integral"].is_null());
  EXPECT_EQ(j["window_list"][1]["joules_integral"], 10.5);
  EXPECT_EQ(j["window_list"][1]["images"], 100.75);
}

}  // namespace
}  // namespace joulemark::store

#include "site/documents.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "analysis/analyses.hpp"
#include "catalogue/built_in.hpp"
#include "report/joined.hpp"
#include "report/testing/record.hpp"
#include "score/analyses.hpp"
#include "score/built_in.hpp"
#include "site/page.hpp"
#include "site/watch.hpp"

namespace joulemark::site {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

store::Record record(const std::string& architecture, double joules, const std::string& setup) {
  store::Record r = report::testing::record(architecture);
  r.run = setup + "/" + architecture;
  r.setup = setup;
  r.device = "NVIDIA H200";
  r.energy_j_per_image = joules;
  r.meter = "nvml";
  r.weights = "live:1";
  r.measured_at = "2026-11-01T00:00:00Z";
  return r;
}

Result<Files> of(const std::vector<store::Record>& records,
                 const std::atomic<bool>* stop = nullptr) {
  return documents(records, catalogue::built_in(), *score::edition_named(""),
                   {"1.2.3", false, 3, stop});
}

json document(const Files& files, const std::string& path) {
  return json::parse(files.at("api/v1/" + path).bytes);
}

/// The edition's own setup, so that its rows have letters, and another.
std::vector<store::Record> two_setups() {
  const std::string own = score::edition_named("")->setup;
  return {record("resnet50", 0.04, own), record("resnet18", 0.012, own),
          record("resnet50", 0.05, "other / setup")};
}

TEST(Documents, ListEverySetupAndItsAnalyses) {
  const auto files = of(two_setups());
  ASSERT_TRUE(files) << files.error().message();
  const json index = document(*files, "index.json");
  EXPECT_EQ(index["schema"], "joulemark.site/1");
  EXPECT_EQ(index["joulemark"], "1.2.3");
  ASSERT_EQ(index["setups"].size(), 2u);
  EXPECT_EQ(index["setups"][0]["models"], 2);
  EXPECT_EQ(index["setups"][1]["name"], "other / setup");
  EXPECT_EQ(index["setups"][1]["policies"], json::array({"throughput"}));
  EXPECT_EQ(index["edition"]["name"], score::edition_named("")->name);
  EXPECT_EQ(index["analyses"].size(), 2 * score::analyses().size());
  for (const json& entry : index["analyses"]) {
    const std::string path = entry["path"];
    const json analysis = document(*files, path);
    EXPECT_EQ(analysis["analysis"], entry["name"]);
    EXPECT_EQ(analysis["n"], entry["n"]);
    EXPECT_TRUE(files->contains("api/v1/" + path.substr(0, path.size() - 5) + ".csv"));
    for (const json& figure : analysis["figures"]) {
      const std::string folder = path.substr(0, path.rfind('/') + 1);
      EXPECT_TRUE(files->contains("api/v1/" + folder + figure["file"].get<std::string>()));
    }
  }
}

TEST(Documents, CompareSetupsOnceForAllOfThem) {
  const auto files = of(two_setups());
  std::vector<std::string> runtimes;
  for (const auto& [path, file] : *files) {
    if (path.ends_with("runtimes.json")) runtimes.push_back(file.bytes);
  }
  ASSERT_EQ(runtimes.size(), 2u);
  EXPECT_EQ(runtimes[0], runtimes[1]);
}

TEST(Documents, HaveARowForEachSetOfWeightsWithItsLetter) {
  const auto files = of(two_setups());
  const json models = document(*files, "models.json");
  std::vector<std::string> names;
  for (const json& c : models["columns"]) {
    names.push_back(c["name"]);
    EXPECT_NE(c["meaning"], "") << c["name"];
  }
  EXPECT_EQ(names.size(), report::joined_columns().size() + 6);
  const auto at = [&](const char* name) {
    return std::distance(names.begin(), std::ranges::find(names, name));
  };
  std::size_t lettered = 0;
  for (const json& row : models["rows"]) {
    ASSERT_EQ(row.size(), names.size());
    const bool is_own = row[at("setup")] != "other / setup";
    EXPECT_EQ(row[at("index")].is_null(), !is_own) << row[at("model")];
    if (row[at("index")].is_null()) continue;
    ++lettered;
    EXPECT_LE(row[at("index_low")].get<double>(), row[at("index")].get<double>());
    EXPECT_GE(row[at("index_high")].get<double>(), row[at("index")].get<double>());
  }
  EXPECT_GT(lettered, 2u);
}

TEST(Documents, HaveTheFactorOfABoardWhereOtherRowsTell) {
  const std::string setup = score::edition_named("")->setup;
  std::vector<store::Record> records = {
      record("resnet50", 0.040, setup), record("resnet50", 0.044, setup),
      record("resnet18", 0.010, setup), record("resnet18", 0.011, setup)};
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].board = i % 2 == 0 ? "x" : "y";
    records[i].run += "/" + records[i].board;
  }
  const auto factors_of = [&] {
    const json models = document(*of(records), "models.json");
    const auto at = std::ranges::find(models["columns"], "board_factor",
                                      [](const json& c) { return c["name"].get<std::string>(); }) -
                    models["columns"].begin();
    std::vector<json> factors;
    for (const json& row : models["rows"]) {
      factors.push_back(row[static_cast<std::size_t>(at)]);
      EXPECT_EQ(row[static_cast<std::size_t>(at) + 1].is_null(), factors.back().is_null());
    }
    return factors;
  };
  // Of each configuration the newer row is shown, here of the second board.
  for (const json& factor : factors_of()) EXPECT_NEAR(factor.get<double>(), std::sqrt(1.1), 1e-9);
  records.pop_back();
  for (const json& factor : factors_of()) EXPECT_TRUE(factor.is_null());
}

TEST(Documents, AreTheSameForTheSameRows) {
  const auto first = of(two_setups());
  const auto again = of(two_setups());
  ASSERT_EQ(first->size(), again->size());
  for (const auto& [path, file] : *first) EXPECT_EQ(file.bytes, again->at(path).bytes) << path;
}

TEST(Documents, OfNoRowsAreASiteThatHasNone) {
  const auto files = of({});
  ASSERT_TRUE(files);
  EXPECT_EQ(files->size(), 2u);
  const json index = document(*files, "index.json");
  EXPECT_TRUE(index["setups"].empty());
  EXPECT_TRUE(index["edition"].is_null());
  EXPECT_TRUE(document(*files, "models.json")["rows"].empty());
}

TEST(Documents, EndSoonWhenToldTo) {
  const std::atomic<bool> stop = true;
  const auto files = of(two_setups(), &stop);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, ErrorKind::interrupted);
}

TEST(FolderOf, IsOneFolderWhateverTheNameOfASetup) {
  EXPECT_EQ(folder_of("nvidia-h200-torch_x.1"), "nvidia-h200-torch_x.1");
  EXPECT_EQ(folder_of("../up"), "~2E.~2Fup");
  EXPECT_EQ(folder_of("a b~"), "a~20b~7E");
  EXPECT_EQ(folder_of(""), "~");
  EXPECT_NE(folder_of("a/b"), folder_of("a_b"));
}

TEST(Descriptions, AreDocumentsToo) {
  const Files files = descriptions();
  for (const char* name :
       {"openapi.json", "index.schema.json", "models.schema.json", "analysis.schema.json"}) {
    const auto found = files.find(std::string(kApi) + name);
    ASSERT_NE(found, files.end()) << name;
    std::ifstream in(std::string(JOULEMARK_API) + "/" + name);
    EXPECT_EQ(found->second.bytes, std::string(std::istreambuf_iterator<char>(in), {})) << name;
  }
}

TEST(Page, IsAllThereOrSaysWhatToDo) {
  const auto files = page();
  if (!files) {
    EXPECT_EQ(files.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(files.error().next, HasSubstr("--api-only"));
    return;
  }
  EXPECT_EQ(files->at("index.html").type, "text/html; charset=utf-8");
}

TEST(StateOf, DiffersWhenAFileDoes) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "joulemark_state_of";
  std::filesystem::create_directories(folder / "below");
  const auto write = [&](const char* text) { std::ofstream(folder / "below/rows.jsonl") << text; };
  write("1");
  const std::string before = state_of(folder);
  EXPECT_EQ(state_of(folder), before);
  write("12");
  EXPECT_NE(state_of(folder), before);
  EXPECT_EQ(state_of(folder / "none"), "");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace joulemark::site

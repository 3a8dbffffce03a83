#include "analysis/write.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include <nlohmann/json.hpp>

namespace joulemark::analysis {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Outcome sample() {
  Outcome o;
  o.setup = "gpu";
  o.policy = "throughput";
  o.n = 2;
  o.values = {{"times", "", "1", 2.5, Interval{2.0, 3.0}, "", 2},
              {"members", "a -> b", "", 3.0, std::nullopt, "a count", 2}};
  o.sentences = {"It is so."};
  o.caveats = {"Perhaps."};
  o.left_out = {{"failed", "not measured", {"run 1", "run 2"}}};
  o.columns = {{"model", "", "its name"}, {"joules", "J", "of it"}, {"batch", "images", ""}};
  o.rows = {{"a,b", 0.1, std::int64_t{64}}, {"c", std::nan(""), Cell()}};
  return o;
}

const Analysis& any() { return analyses().front(); }

TEST(ToJson, HasEverything) {
  const json j = json::parse(to_json(any(), sample()));
  EXPECT_EQ(j["analysis"], any().name);
  EXPECT_EQ(j["setup"], "gpu");
  EXPECT_EQ(j["n"], 2);
  EXPECT_EQ(j["values"][0]["low"], 2.0);
  EXPECT_EQ(j["values"][0]["n"], 2);
  EXPECT_FALSE(j["values"][0].contains("about"));
  EXPECT_EQ(j["values"][1]["about"], "a -> b");
  EXPECT_TRUE(j["values"][1]["low"].is_null());
  EXPECT_EQ(j["values"][1]["no_interval"], "a count");
  EXPECT_EQ(j["left_out"][0]["count"], 2);
  EXPECT_EQ(j["rows"][0]["batch"], 64);
  EXPECT_TRUE(j["rows"][1]["joules"].is_null());
  EXPECT_EQ(j["columns"][1]["unit"], "J");
}

TEST(ToJson, NamesTheFilesOfItsFigures) {
  Outcome o = sample();
  o.figures.resize(2);
  o.figures[0].title = "All";
  o.figures[1].part = "some";
  const json j = json::parse(to_json(any(), o));
  EXPECT_EQ(j["figures"][0]["file"], std::string(any().name) + ".svg");
  EXPECT_EQ(j["figures"][0]["title"], "All");
  EXPECT_EQ(j["figures"][1]["file"], std::string(any().name) + "-some.svg");
}

TEST(FilesOutdated, AreFiguresThatAreNotMadeAnyMore) {
  const std::string name = any().name;
  Outcome now = sample();
  now.figures.resize(1);
  const auto earlier = [&](const std::string& file) {
    return json{{"figures", {{{"file", name + ".svg"}}, {{"file", file}}}}}.dump();
  };
  const auto outdated = [&](const std::string& text) { return files_outdated(any(), now, text); };
  EXPECT_THAT(outdated(earlier(name + "-two.svg")), ElementsAre(name + "-two.svg"));
  for (const std::string& other : {std::string("mine.svg"), name + ".csv", name + "/../a.svg"}) {
    EXPECT_THAT(outdated(earlier(other)), IsEmpty()) << other;
  }
  for (const char* text : {"", "[]", "{}", R"({"figures": [1, {"file": 2}, {}]})"}) {
    EXPECT_THAT(outdated(text), IsEmpty()) << text;
  }
}

TEST(ToCsv, IsTheRowsUnderTheirNames) {
  EXPECT_EQ(to_csv(sample()), "model,joules,batch\n\"a,b\",0.1,64\nc,,\n");
  EXPECT_EQ(to_csv({}), "");
}

TEST(ToText, SaysWhatItIsOf) {
  const std::string text = to_text(any(), sample());
  EXPECT_THAT(text, HasSubstr("n = 2 models, setup gpu, policy throughput"));
  EXPECT_THAT(text, HasSubstr("It is so."));
  EXPECT_THAT(text, HasSubstr("Left out: 2 (not measured)."));
  EXPECT_THAT(text, HasSubstr("Note: Perhaps."));
}

}  // namespace
}  // namespace joulemark::analysis

#include <gmock/gmock.h>

#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "score/built_in.hpp"
#include "score/edition_text.hpp"
#include "score/testing/rows.hpp"

namespace joulemark::score {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Edition edition() {
  auto rows = testing::zoo();
  const auto slower = testing::zoo(20, 3.0, "slow");
  rows.insert(rows.end(), slower.begin(), slower.end());
  return fit(rows, {"draft", "2026-11-26", "gpu"}).value();
}

std::string refusal(const json& j) {
  const auto read = from_text(j.dump());
  return read ? "was read" : read.error().message();
}

TEST(EditionText, ReadsBackAsItWas) {
  const std::string text = to_text(edition());
  const auto again = from_text(text);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(to_text(*again), text);
  EXPECT_EQ(again->curves[0].gamma, edition().curves[0].gamma) << "to the last digit";
  EXPECT_EQ(again->offsets.size(), 1U);
}

TEST(EditionText, RefusesWhatNoFitCanHave) {
  const json sound = json::parse(to_text(edition()));
  EXPECT_EQ(refusal(sound), "was read");
  const auto with = [&](const json::json_pointer& at, const json& value) {
    json j = sound;
    j[at] = value;
    return refusal(j);
  };
  using Pointer = json::json_pointer;
  EXPECT_THAT(with(Pointer("/schema"), "joulemark.edition/2"), HasSubstr("not of the form"));
  EXPECT_THAT(with(Pointer("/curves/0/gamma"), -1.0), HasSubstr("'gamma'"));
  EXPECT_THAT(with(Pointer("/curves/0/gamma"), 0.0), HasSubstr("does not rise"));
  EXPECT_THAT(with(Pointer("/curves/0/floor"), 0.2), HasSubstr("not in this order"));
  EXPECT_THAT(with(Pointer("/curves/0/band"), json::array()), HasSubstr("band"));
  EXPECT_THAT(with(Pointer("/curves/0/on"), "imagenette"), HasSubstr("no set of test images"));
  EXPECT_THAT(with(Pointer("/curves/0/on"), "real"), HasSubstr("no curve on ImageNet"));
  EXPECT_THAT(with(Pointer("/anchors/0/joules"), 0.0), HasSubstr("'joules'"));
  EXPECT_THAT(with(Pointer("/anchors/0/joules"), "much"), HasSubstr("no edition"));
  EXPECT_THAT(with(Pointer("/curves/1"), sound["curves"][0]), HasSubstr("same images"));
  EXPECT_THAT(with(Pointer("/setup"), ""), HasSubstr("not all there"));
  EXPECT_THAT(refusal(json::array()), HasSubstr("no edition"));
  json lacking = sound;
  lacking.erase("curves");
  EXPECT_THAT(refusal(lacking), HasSubstr("curves"));
}

TEST(BuiltInEditions, AreThoseOfTheFolderAndCanBeRead) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(JOULEMARK_EDITIONS)) {
    files += entry.path().extension() == ".json" ? 1 : 0;
  }
  EXPECT_EQ(built_in_editions().size(), files);
  for (const BuiltInEdition& built_in : built_in_editions()) {
    const auto read = edition_named(std::string(built_in.name));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->name, built_in.name);
    EXPECT_EQ(to_text(*read), built_in.text) << "as this program writes it";
  }
}

TEST(BuiltInEditions, OfAPolicyTheNewestIsTaken) {
  EXPECT_EQ(edition_named("")->policy, kUsualPolicy);
  EXPECT_EQ(edition_named("", "batch_1")->policy, "batch_1");
  EXPECT_EQ(edition_named("", "min_energy")->policy, kUsualPolicy) << "there is none of that one";
  EXPECT_EQ(edition_named("draft-2026-11", "batch_1")->policy, kUsualPolicy) << "a name decides";
  for (const BuiltInEdition& e : built_in_editions()) {
    const auto edition = edition_named(std::string(e.name));
    const auto newest = edition_named("", edition->policy);
    const auto rank = [](const Edition& of) { return std::pair(!of.is_draft, of.name); };
    EXPECT_GE(rank(*newest), rank(*edition));
  }
}

TEST(BuiltInEditions, OthersAreReadFromFilesOrNamed) {
  const auto none = edition_named("no-such-edition");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_THAT(none.error().next, HasSubstr(std::string(built_in_editions().back().name)));
}

}  // namespace
}  // namespace joulemark::score

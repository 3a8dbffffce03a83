#include "catalogue/diff.hpp"

#include <gmock/gmock.h>

#include "catalogue/build.hpp"
#include "catalogue/testing/small.hpp"

namespace joulemark::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Texts small_texts() {
  return to_texts(
      build(testing::small_tables(), {"facts", testing::kSmallFacts, "abc"}).value().catalogue);
}

TextViews views(const Texts& texts) { return {texts.begin(), texts.end()}; }

std::vector<std::string> words(const Texts& before, const Texts& after) {
  const auto changes = diff(views(before), views(after));
  EXPECT_TRUE(changes) << changes.error().message();
  std::vector<std::string> result;
  for (const Change& c : changes.value_or(std::vector<Change>{})) {
    const char* what = c.what == Change::What::added     ? "added"
                       : c.what == Change::What::removed ? "removed"
                                                         : "changed";
    result.push_back(c.file + " " + c.row + " " + what + " " + c.column + " " + c.before + ">" +
                     c.after);
  }
  return result;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST(Diff, OfTheSameIsNothing) { EXPECT_THAT(words(small_texts(), small_texts()), IsEmpty()); }

TEST(Diff, NamesCellsAndRows) {
  Texts after = small_texts();
  replace(after["accuracy.csv"], "alpha.one,224,0.95,bicubic,70.5",
          "alpha.one,224,0.95,bicubic,70.6");
  replace(after["weights.csv"], "alpha.two,in21k,,,", "alpha.two,in21k,mit,,");
  replace(after["costs.csv"], "alpha,288", "alpha,320");
  EXPECT_THAT(words(small_texts(), after),
              ElementsAre("weights.csv alpha.two changed licence >mit",
                          "accuracy.csv alpha.one 224 changed imagenet_top1 70.5>70.6",
                          "costs.csv alpha 288 removed  >", "costs.csv alpha 320 added  >"));
}

TEST(Diff, DoesNotMindWhereTheTablesAreFrom) {
  Texts after = small_texts();
  replace(after["SOURCE.json"], "abc", "def");
  EXPECT_THAT(words(small_texts(), after), IsEmpty());
}

TEST(Diff, OfWhatIsNoCatalogueIsAnError) {
  Texts after = small_texts();
  after.erase("costs.csv");
  EXPECT_FALSE(diff(views(small_texts()), views(after)));
  EXPECT_FALSE(diff(views(after), views(small_texts())));
}

}  // namespace
}  // namespace joulemark::catalogue

#include "runtime/words.hpp"

#include "runtime/testing/workbench.hpp"

namespace joulemark::runtime {
namespace {

using ::testing::EndsWith;
using ::testing::SizeIs;

TEST(LastWords, AreTheEndOfALog) {
  const testing::Scratch scratch;
  EXPECT_EQ(last_words(scratch.write("log", "first\nlast\n")), "first last");
  EXPECT_EQ(last_words(scratch.write("empty", "")), "");
  EXPECT_EQ(last_words(scratch.path() / "missing"), "");

  std::string text;
  for (int i = 0; i < 1000; ++i) text += "模";
  const std::string words = last_words(scratch.write("long", "begin " + text + "the end"));
  EXPECT_THAT(words, SizeIs(::testing::AllOf(::testing::Gt(590), ::testing::Le(600))));
  EXPECT_EQ(words.substr(0, 3), "模");
  EXPECT_THAT(words, EndsWith("模the end"));
}

}  // namespace
}  // namespace joulemark::runtime

#include "figure/text.hpp"

#include <gmock/gmock.h>

namespace joulemark::figure {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Escape, LeavesNothingThatXmlReads) {
  EXPECT_EQ(escape("a<b>&\"c\"'d'"), "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;");
  EXPECT_EQ(escape("± 1 µJ → 2"), "± 1 µJ → 2");
}

TEST(Escape, ReplacesWhatXmlMayNotHold) {
  EXPECT_EQ(escape(std::string_view("a\0b\x1b\nc\x7f", 7)), "a b \nc ");
  EXPECT_EQ(escape("\xff\xc3"), "??");
  EXPECT_EQ(escape("\xef\xbf\xbf"), "?");
}

TEST(WidthOf, CountsCharactersAndNotBytes) {
  EXPECT_DOUBLE_EQ(width_of("µ"), width_of("n"));
  EXPECT_LT(width_of("iiii"), width_of("mmmm"));
  EXPECT_DOUBLE_EQ(width_of(""), 0.0);
  EXPECT_GT(width_of("模型"), width_of("ab"));
}

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_THAT(wrap("one two three", width_of("one two")), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("  ", 10.0), IsEmpty());
  EXPECT_THAT(wrap("one", 10.0), ElementsAre("one"));
}

TEST(Wrap, BreaksALongWordBehindAHyphen) {
  EXPECT_THAT(wrap("nvidia-h200-torch-fp16", width_of("nvidia-h200-to")),
              ElementsAre("nvidia-h200-", "torch-fp16"));
  EXPECT_THAT(wrap("aaaaaaaaaa", width_of("aaaa")), ElementsAre("aaaa", "aaaa", "aa"));
}

/// No line is wider than asked for, and no character is lost, however little room there is.
TEST(Wrap, LosesNothing) {
  const std::string text = "vit_so150m2_patch16 at 384x384: 407 mJ, 模型 ± 3 %";
  for (int i = 0; i < 130; ++i) {
    const double width = 0.2 + 0.3 * i;
    std::string all;
    for (const std::string& line : wrap(text, width)) {
      if (width > 1.0) {
        EXPECT_LE(width_of(line), width + 1e-9) << line;
      }
      all += line;
    }
    std::string without = text;
    std::erase(without, ' ');
    std::erase(all, ' ');
    EXPECT_EQ(all, without);
  }
}

}  // namespace
}  // namespace joulemark::figure

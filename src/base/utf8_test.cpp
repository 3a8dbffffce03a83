#include "base/utf8.hpp"

#include <gmock/gmock.h>

namespace joulemark {
namespace {

TEST(OneLine, KeepsText) {
  EXPECT_EQ(one_line("cannot open model.pt"), "cannot open model.pt");
  EXPECT_EQ(one_line("café, 模型, 🜁"), "café, 模型, 🜁");
  EXPECT_EQ(one_line(""), "");
}

TEST(OneLine, HasNoControlCharacters) {
  EXPECT_EQ(one_line("one\ntwo\r\n\tthree\n"), "one two   three");
  EXPECT_EQ(one_line("\x1b[31mred\x7f"), "[31mred");
  EXPECT_EQ(one_line("csi \xc2\x9b"
                     "2J"),
            "csi  2J");  // U+009B, which terminals obey
  EXPECT_EQ(one_line(std::string_view("a\0b", 3)), "a b");
}

TEST(OneLine, IsValidUtf8) {
  EXPECT_EQ(one_line("caf\xe9"), "caf?");         // Latin-1
  EXPECT_EQ(one_line("cut \xe6\xa8"), "cut ??");  // two of three bytes
  EXPECT_EQ(one_line("\xc0\xaf"), "??");          // '/' in a longer form than needed
  EXPECT_EQ(one_line("\xe0\x80\xaf \xf0\x80\x80\xaf"), "??? ????");
  EXPECT_EQ(one_line("\xed\xa0\x80"), "???");              // a surrogate
  EXPECT_EQ(one_line("\xf4\x90\x80\x80 \xff"), "???? ?");  // above U+10FFFF
  EXPECT_EQ(one_line("\xed\x9f\xbf\xf4\x8f\xbf\xbf"), "\xed\x9f\xbf\xf4\x8f\xbf\xbf");
}

TEST(OneLine, EndsWithAWholeCharacter) {
  EXPECT_EQ(one_line("模型", 5), "模");
  EXPECT_EQ(one_line("abc def", 4), "abc");
}

}  // namespace
}  // namespace joulemark

#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"

namespace joulemark {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

TEST(Nearest, FindsTyposAndNothingFarOff) {
  const std::vector<std::string> names = {"resnet18", "resnet50", "convnext_atto", "vit_tiny"};
  EXPECT_THAT(nearest("resnet81", names), testing::Contains("resnet18"));
  EXPECT_THAT(nearest("resnet19", names, 1), ElementsAre("resnet18"));
  EXPECT_THAT(nearest("convnext_ato", names), ElementsAre("convnext_atto"));
  EXPECT_THAT(nearest("entirely_else", names), ElementsAre());
}

TEST(JoinWords, ReadsAsASentenceDoes) {
  EXPECT_EQ(join_words({}), "");
  EXPECT_EQ(join_words({"a"}), "a");
  EXPECT_EQ(join_words({"a", "b", "c"}), "a, b and c");
}

TEST(Matches, ShellPatterns) {
  EXPECT_TRUE(matches("resnet*", "resnet18"));
  EXPECT_TRUE(matches("vit_[st]*", "vit_tiny"));
  EXPECT_FALSE(matches("resnet", "resnet18"));
  for (const char* name : {"gpu-torch", "a[b]c*?\\", "", "[", "\\"}) {
    EXPECT_TRUE(matches(glob_of(name), name)) << name;
    EXPECT_EQ(only_name(glob_of(name)), name);
  }
  EXPECT_FALSE(matches(glob_of("a*"), "ab"));
}

TEST(OnlyName, IsThatOfAPatternThatMatchesNoOther) {
  EXPECT_EQ(only_name("gpu0-torch"), "gpu0-torch");
  EXPECT_EQ(only_name(R"(a\*b)"), "a*b");
  EXPECT_EQ(only_name(R"(\a)"), "a");
  EXPECT_TRUE(matches(R"(\a)", "a"));
  for (const char* several : {"a*", "?", "[ab]", R"(a\*b*)", R"(a\)"})
    EXPECT_EQ(only_name(several), std::nullopt) << several;
}

TEST(RunId, SortsByTimeAndDiffersWithinASecond) {
  const std::string a = make_run_id();
  EXPECT_THAT(a, MatchesRegex("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"));
  EXPECT_NE(a, make_run_id());
  EXPECT_EQ(seconds_of_run_id("20261127T054226Z-e8e689"),
            seconds_of_rfc3339("2026-11-27T05:42:26Z"));
  for (const char* other : {"", "20261127", "20261127T054226Z", "2026-11-27T05:42:26Z-e8e689"})
    EXPECT_EQ(seconds_of_run_id(other), std::nullopt) << other;
  EXPECT_THAT(rfc3339_now(), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"));
}

TEST(LastLine, IsTheLastOneWithSomethingOnIt) {
  EXPECT_EQ(last_line("a library says hello\n[1, 2]\n \n"), "[1, 2]");
  EXPECT_EQ(last_line("17;north"), "17;north");
  EXPECT_EQ(last_line("\n  x\r\n"), "  x");
  EXPECT_EQ(last_line(""), "");
  EXPECT_EQ(last_line(" \n\t\n"), "");
}

TEST(ShellWord, IsQuotedOnlyWhereItHasToBe) {
  EXPECT_EQ(shell_word("postgresql://me@server:5432/energy"), "postgresql://me@server:5432/energy");
  EXPECT_EQ(shell_word("it's 100% ours"), "'it'\\''s 100% ours'");
  EXPECT_EQ(shell_word("a&b"), "'a&b'");
  EXPECT_EQ(shell_word("~/x"), "'~/x'") << "a file of that name, not a home";
  EXPECT_EQ(shell_word(""), "''");
}

TEST(CsvCell, IsQuotedOnlyWhereItHasToBe) {
  EXPECT_EQ(csv_cell("plain text"), "plain text");
  EXPECT_EQ(csv_cell("1,013.01"), "\"1,013.01\"");
  EXPECT_EQ(csv_cell("say \"so\"\nnow"), "\"say \"\"so\"\"\nnow\"");
}

}  // namespace
}  // namespace joulemark

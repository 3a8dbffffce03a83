#include "catalogue/csv.hpp"

#include <gmock/gmock.h>

namespace joulemark::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(std::string_view text) {
  const auto csv = Csv::parse("t.csv", text);
  return csv ? "was read" : csv.error().what;
}

TEST(Csv, ReadsRowsUnderAHeader) {
  const auto csv = Csv::parse("t.csv", "a,b,c\n1,,3\r\nx y,\t,é\n");
  ASSERT_TRUE(csv) << csv.error().message();
  EXPECT_THAT(csv->header(), ElementsAre("a", "b", "c"));
  ASSERT_EQ(csv->size(), 2u);
  EXPECT_THAT(csv->row(0).cells, ElementsAre("1", "", "3"));
  EXPECT_THAT(csv->row(1).cells, ElementsAre("x y", "\t", "é"));
  EXPECT_EQ(csv->row(1).line, 3u);
  EXPECT_EQ(csv->column("c"), 2u);
  EXPECT_EQ(csv->column("d"), std::nullopt);
}

TEST(Csv, ReadsQuotedCells) {
  const auto csv = Csv::parse("t.csv", "a,b\n\"1,013.01\",\"say \"\"so\"\"\nnow\"\n\"\",last\n");
  ASSERT_TRUE(csv) << csv.error().message();
  EXPECT_THAT(csv->row(0).cells, ElementsAre("1,013.01", "say \"so\"\nnow"));
  EXPECT_THAT(csv->row(1).cells, ElementsAre("", "last"));
  EXPECT_EQ(csv->row(1).line, 4u) << "a cell of two lines counts as two";
}

TEST(Csv, KeepsItsCellsWhenItMoves) {
  auto first = Csv::parse("t.csv", "a\n\"x\"\"y\"\n");
  ASSERT_TRUE(first);
  const Csv moved = std::move(*first);
  EXPECT_THAT(moved.row(0).cells, ElementsAre("x\"y"));
}

TEST(Csv, SkipsAByteOrderMark) {
  const auto csv = Csv::parse("t.csv",
                              "\xef\xbb\xbf"
                              "a\n1\n");
  ASSERT_TRUE(csv);
  EXPECT_THAT(csv->header(), ElementsAre("a"));
}

TEST(Csv, SaysWhereItIsNotCsv) {
  EXPECT_EQ(refusal(""), "t.csv, line 1, character 1: the file is empty");
  EXPECT_THAT(refusal("a,b\n1,2"), HasSubstr("line 2, character 4: the last line has no end"));
  EXPECT_THAT(refusal("a,b\n1,"), HasSubstr("line 2, character 3: the last line has no end"));
  EXPECT_THAT(refusal("a,b\n1\n"), HasSubstr("line 2: it has 1 cells and the header has 2"));
  EXPECT_THAT(refusal("a,b\n1,2,3\n"), HasSubstr("line 2: it has 3 cells"));
  EXPECT_THAT(refusal("a,b\n\n"), HasSubstr("line 2: it has 1 cells"));
  EXPECT_THAT(refusal("a,b\n1,2\"3\n"), HasSubstr("line 2, character 4: there is a quote"));
  EXPECT_THAT(refusal("a,b\n1,\"2\"3\n"), HasSubstr("character 6: there is text behind"));
  EXPECT_THAT(refusal("a\n\"1\n2\n"), HasSubstr("the quote that opens on line 2 is never closed"));
  EXPECT_THAT(refusal("a\r1\n"), HasSubstr("line 1, character 3: there is a carriage return"));
  EXPECT_THAT(refusal("a,b,a\n"), HasSubstr("line 1: column 'a' is there twice"));
}

TEST(Csv, SaysWhereItIsNotText) {
  EXPECT_THAT(refusal("a\nna\xefve\n"), HasSubstr("line 2, character 3: this is not UTF-8"));
  EXPECT_THAT(refusal(std::string_view("a\n1\0\n", 5)),
              HasSubstr("line 2, character 2: there is a control character"));
}

TEST(Csv, NamesTheCellOfAnError) {
  const auto csv = Csv::parse("t.csv", "a,top1\n1,2\n3,4\n");
  ASSERT_TRUE(csv);
  EXPECT_EQ(csv->error_at(1, 1, "it is odd").what, "t.csv, line 3, column top1: it is odd");
  EXPECT_EQ(csv->header_error("it is new").what, "t.csv, line 1: it is new");
}

}  // namespace
}  // namespace joulemark::catalogue

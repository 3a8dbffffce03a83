#include "report/flags.hpp"

#include <gmock/gmock.h>

#include <set>

namespace joulemark::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

store::Record with(std::vector<std::string> flags, const std::string& status = "ok") {
  store::Record r;
  r.status = status;
  r.flags = std::move(flags);
  return r;
}

TEST(Flags, HaveWordsAndAMeaningEachOnce) {
  std::set<std::string_view> words;
  for (const FlagWords& f : all_flags()) {
    EXPECT_FALSE(f.meaning.empty()) << f.flag;
    EXPECT_NE(f.words, f.flag);
    EXPECT_TRUE(words.insert(f.words).second) << f.words;
    EXPECT_EQ(flag_in_words(f.flag), f.words);
    EXPECT_EQ(flag_meaning(f.flag), f.meaning);
  }
}

TEST(Flags, OfTomorrowStandForThemselves) {
  EXPECT_EQ(flag_in_words("of_tomorrow"), "of_tomorrow");
  EXPECT_EQ(flag_meaning("of_tomorrow"), "");
}

TEST(CommonFlags, AreThoseOfEveryMeasuredRecord) {
  const std::vector<store::Record> records = {with({"estimated", "drifted", "weights_random"}),
                                              with({}, "crashed"),
                                              with({"estimated", "weights_random"})};
  const auto common = common_flags(records);
  EXPECT_THAT(common, ElementsAre("estimated", "weights_random"));
  EXPECT_THAT(own_flags(records[0], common), ElementsAre("drifted"));
  EXPECT_THAT(own_flags(records[2], common), IsEmpty());
}

TEST(CommonFlags, AreNoneWhereThereIsNothingToShare) {
  EXPECT_THAT(common_flags({}), IsEmpty());
  EXPECT_THAT(common_flags(std::vector{with({"estimated"})}), IsEmpty());
  EXPECT_THAT(common_flags(std::vector{with({"estimated"}), with({"x"}, "crashed")}), IsEmpty());
}

}  // namespace
}  // namespace joulemark::report

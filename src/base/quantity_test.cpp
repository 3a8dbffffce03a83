#include "base/quantity.hpp"

#include <gtest/gtest.h>

namespace joulemark {
namespace {

TEST(JoulesOf, ReadsWhatPeopleWrite) {
  const auto joules = [](std::string_view text) { return joules_of(text).value().value; };
  EXPECT_DOUBLE_EQ(joules("100mJ"), 0.1);
  EXPECT_DOUBLE_EQ(joules("100 mJ"), 0.1);
  EXPECT_DOUBLE_EQ(joules("0.1"), 0.1);
  EXPECT_DOUBLE_EQ(joules("2J"), 2.0);
  EXPECT_DOUBLE_EQ(joules("1e3 uJ"), 1e-3);
  EXPECT_DOUBLE_EQ(joules("80µJ"), 8e-5) << "the micro sign";
  EXPECT_DOUBLE_EQ(joules("80μJ"), 8e-5) << "the Greek letter";
  EXPECT_DOUBLE_EQ(joules("-1J"), -1.0) << "whoever asks says what is too little";
}

TEST(JoulesOf, RefusesTheRest) {
  for (const char* text : {"", "mJ", "100 MJ", "100mJ ", "100  mJ", "1,5J", "nan", "inf J", "1e999",
                           "100mW", "0x10"}) {
    EXPECT_FALSE(joules_of(text)) << text;
  }
}

}  // namespace
}  // namespace joulemark

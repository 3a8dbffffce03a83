#include "store/postgres_explain.hpp"

#include <gmock/gmock.h>

namespace joulemark::store {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPlace = "postgresql://me@server/energy";

TEST(Explain, WhatIsOverInAMomentIsTriedAgain) {
  for (const char* code :
       {"08006", "08001", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03", "57014"}) {
    EXPECT_TRUE(is_passing({code, "", true})) << code;
  }
  EXPECT_TRUE(is_passing({"", "connection refused", true}));
  for (const char* code : {"28P01", "3D000", "42501", "53100", "25006", "23505", "XX000"}) {
    EXPECT_FALSE(is_passing({code, "", false})) << code;
  }
}

TEST(Explain, EveryRefusalHasItsKindAndANextStep) {
  const auto kind = [](const char* code) {
    const Error error = explain({code, "words", false}, kPlace);
    EXPECT_THAT(error.what, HasSubstr(kPlace)) << code;
    EXPECT_FALSE(error.next.empty()) << code;
    return error.kind;
  };
  EXPECT_EQ(kind("28P01"), ErrorKind::permission_denied);
  EXPECT_EQ(kind("28000"), ErrorKind::permission_denied);
  EXPECT_EQ(kind("42501"), ErrorKind::permission_denied);
  EXPECT_EQ(kind("3D000"), ErrorKind::io) << "not the not_found that `list` takes for no rows yet";
  EXPECT_EQ(kind("53100"), ErrorKind::storage_full);
  EXPECT_EQ(kind("25006"), ErrorKind::read_only);
  EXPECT_EQ(kind("23505"), ErrorKind::invalid_input);
  EXPECT_EQ(kind("53300"), ErrorKind::busy);
  EXPECT_EQ(kind(""), ErrorKind::io);
  EXPECT_EQ(kind("XX000"), ErrorKind::io);
}

TEST(Explain, WhatItDoesNotKnowItQuotes) {
  const Error error = explain({"XX001", "a page is damaged", false}, kPlace);
  EXPECT_THAT(error.what, HasSubstr("a page is damaged (XX001)"));
}

}  // namespace
}  // namespace joulemark::store

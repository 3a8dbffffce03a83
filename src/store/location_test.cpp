#include "store/location.hpp"

#include <gmock/gmock.h>

#include "store/store.hpp"

namespace joulemark::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Location::Kind;

TEST(Location, IsAFileUnlessItIsAUrl) {
  for (const char* text : {"joulemark.sqlite", "/a/b.sqlite", "./host=x", "a/dbname=x", "C:x", "",
                           "a=b.sqlite", "results 2026.sqlite", "postgres.sqlite", ":memory:"}) {
    EXPECT_EQ(Location(text).kind(), Kind::file) << text;
    EXPECT_EQ(Location(text).text(), text);
    EXPECT_TRUE(check(Location(text))) << text;
  }
}

TEST(Location, KnowsBothNamesOfPostgres) {
  for (const char* text : {"postgresql://me@server/energy", "postgres:///energy", "postgresql://",
                           "postgresql://a:1,b:2/energy?target_session_attrs=read-write",
                           "postgresql://me@[::1]:5433/energy", "postgresql:///d?host=/run/x"}) {
    EXPECT_EQ(Location(text).kind(), Kind::postgresql) << text;
    EXPECT_EQ(Location(text).text(), text);
    EXPECT_TRUE(check(Location(text))) << text;
  }
}

TEST(Location, WhatIsNeitherIsRefusedAndNotMadeAFile) {
  for (const char* text :
       {"mysql://me:hunter2@server/x", "http://hunter2@x", "POSTGRESQL://x",
        "host=db password=hunter2", "dbname=hunter2", "password = hunter2", "sqlite:///hunter2"}) {
    const Location location(text);
    const auto sound = check(location);
    ASSERT_FALSE(sound) << text;
    EXPECT_EQ(sound.error().kind, ErrorKind::invalid_input);
    EXPECT_THAT(sound.error().next, HasSubstr("postgresql://"));
    EXPECT_THAT(sound.error().message(), Not(HasSubstr("hunter2")));
    EXPECT_FALSE(open_store(location, Mode::write));
  }
}

TEST(Location, IsShownWithoutItsPassword) {
  const auto shown = [](const char* text) { return Location(text).text(); };
  EXPECT_EQ(shown("postgresql://me:hunter2@server:5432/energy"),
            "postgresql://me@server:5432/energy");
  EXPECT_EQ(shown("postgres://:hunter2@/energy"), "postgres://@/energy");
  EXPECT_EQ(shown("postgresql://me@server/energy?password=hunter2"),
            "postgresql://me@server/energy");
  EXPECT_EQ(shown("postgresql://me@server/energy?sslmode=require&sslpassword=hunter2&port=1"),
            "postgresql://me@server/energy?sslmode=require&port=1");
  EXPECT_EQ(shown("postgresql:///energy?%70ass%57ord=hunter2&user=me"),
            "postgresql:///energy?user=me");
  EXPECT_EQ(shown("postgresql:///energy?oauth_client_secret=hunter2"), "postgresql:///energy");
}

TEST(Location, CanBePastedIntoAShell) {
  const auto pasted = [](const char* text) { return Location(text).argument(); };
  EXPECT_EQ(pasted("joulemark.sqlite"), "joulemark.sqlite");
  EXPECT_EQ(pasted("my results.sqlite"), "'my results.sqlite'");
  EXPECT_EQ(pasted("it's"), R"('it'\''s')");
  EXPECT_EQ(pasted("postgresql://me:hunter2@server:5432/energy"),
            "postgresql://me@server:5432/energy");
  EXPECT_EQ(pasted("postgresql:///d?host=/run&port=1"), "'postgresql:///d?host=/run&port=1'");
}

TEST(Location, APasswordThatTearsItsUrlApartIsNotShownEither) {
  for (const char* text :
       {"postgresql://me:hunter2@x@server/energy", "postgresql://me:hunter2/x@server/energy",
        "postgresql://me:hunter2?x@server/energy", "postgresql://me:x@hunter2@server/energy",
        "postgresql://me:hunter2/energy", "postgresql://me:hunter2",
        "postgresql://me@server:hunter2/energy", "postgresql://[::1]:hunter2/energy",
        "postgresql://a:1,b:hunter2/energy", "postgresql://me:1?2/hunter2@server"}) {
    const Location location(text);
    EXPECT_THAT(location.text(), Not(HasSubstr("hunter2"))) << text;
    const auto opened = open_store(location, Mode::write);
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().kind, ErrorKind::invalid_input);
    EXPECT_THAT(opened.error().message(), Not(HasSubstr("hunter2"))) << text;
  }
}

#ifdef JOULEMARK_WITH_POSTGRESQL
TEST(Location, WhatLibpqCannotReadIsNotQuoted) {
  for (const char* text :
       {"postgresql://me:%zzhunter2@server/energy", "postgresql://me@server/energy?hunter2",
        "postgresql://me@server/energy?nothing=hunter2", "postgresql://me:%00hunter2@server/x"}) {
    const auto opened = open_store(Location(text), Mode::write);
    ASSERT_FALSE(opened) << text;
    if (opened.error().kind == ErrorKind::unsupported) GTEST_SKIP() << opened.error().message();
    EXPECT_EQ(opened.error().kind, ErrorKind::invalid_input) << opened.error().message();
    EXPECT_THAT(opened.error().message(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(opened.error().next, HasSubstr("%XX"));
  }
}
#else
TEST(Location, ABuildWithoutPostgresSaysSo) {
  const auto opened = open_store(Location("postgresql://me:hunter2@server/energy"), Mode::read);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(opened.error().message(), HasSubstr("built without PostgreSQL"));
  EXPECT_THAT(opened.error().next, HasSubstr("libpq-dev"));
}
#endif

}  // namespace
}  // namespace joulemark::store

#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "base/clock.hpp"

namespace joulemark::cli {
namespace {

using namespace std::chrono_literals;

struct Closed {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

TEST(Progress, TakesThePaceOfTheRowsAndNotOfWhatComesBeforeTheFirst) {
  ManualClock clock;
  const std::unique_ptr<std::FILE, Closed> out(std::tmpfile());
  ASSERT_NE(out, nullptr);
  Progress progress(clock, 5, false, out.get());
  EXPECT_EQ(progress.position(), "0/5");
  clock.advance(100s);  // exports
  progress.finished("a");
  EXPECT_EQ(progress.position(), "1/5") << "one row alone tells no pace";
  clock.advance(10s);
  progress.finished("b");
  EXPECT_EQ(progress.position(), "2/5, about 30 s left");
  clock.advance(50s);  // the exports of another lot are of the pace
  progress.finished("c");
  EXPECT_EQ(progress.position(), "3/5, about 60 s left");
  progress.finished("d");
  progress.finished("e");
  EXPECT_EQ(progress.position(), "5/5");
}

}  // namespace
}  // namespace joulemark::cli

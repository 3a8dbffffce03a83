#include "meter/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "meter/testing/tree.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Instant kStart{1000s};

std::string trace(std::string_view lines) { return "seconds,joules,watts\n" + std::string(lines); }

bool operator==(const TracePoint& a, const TracePoint& b) {
  return a.seconds == b.seconds && a.joules == b.joules && a.watts == b.watts;
}

class Replay : public testing::Test {
 protected:
  std::unique_ptr<Meter> replay(std::string_view lines) {
    auto points = parse_trace(trace(lines));
    EXPECT_TRUE(points) << points.error().message();
    return make_replay(std::move(*points), "recorded", clock_);
  }
  void at(Nanoseconds since_opening) { clock_.sleep_until(kStart + since_opening); }

  ManualClock clock_{kStart};
};

TEST_F(Replay, HoldsEachPointUntilTheNext) {
  const auto m = replay("0,0,100\n0.1,10,200\n0.2,30,300\n0.3,60,0\n");
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  EXPECT_DOUBLE_EQ(m->power()->value, 100.0);
  at(99ms);
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  at(100ms);
  EXPECT_DOUBLE_EQ(m->energy()->value, 10.0);
  EXPECT_DOUBLE_EQ(m->power()->value, 200.0);
  at(299ms);
  EXPECT_DOUBLE_EQ(m->energy()->value, 30.0);
}

TEST_F(Replay, BeginsWithItsFirstPointAndNoEnergy) {
  const auto m = replay("50,1000,100\n51,1100,100\n52,1200,100\n");
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  at(1500ms);
  EXPECT_DOUBLE_EQ(m->energy()->value, 100.0);
}

TEST_F(Replay, IsLostAtTheEndOfTheTrace) {
  const auto m = replay("0,0,100\n1,100,100\n2,200,100\n");
  at(2s - 1ns);
  EXPECT_TRUE(m->energy());
  at(2s);
  for (const auto& error : {m->energy().error(), m->power().error()}) {
    EXPECT_EQ(error.kind, ErrorKind::meter_lost);
    EXPECT_THAT(error.what, HasSubstr("recorded"));
    EXPECT_THAT(error.next, HasSubstr("longer trace"));
  }
}

TEST_F(Replay, FindsTheUpdatePeriodOfTheRecordedMeter) {
  // Polled every 20 ms, with the energy changing every 100 ms.
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += fmt::format("{},{},100\n", 0.02 * i + 0.07, 10 * ((i + 3) / 5));
  }
  EXPECT_EQ(replay(lines)->info().update_period, 100ms);
}

TEST_F(Replay, ATraceThatBeginsBetweenTwoUpdatesHasThePeriodOfTheWholeOnes) {
  EXPECT_EQ(replay("0,0,1\n0.03,1,1\n0.13,2,1\n")->info().update_period, 100ms);
}

TEST_F(Replay, AJitterOfThePollDoesNotChangeThePeriod) {
  const auto m = replay("0,0,1\n0.1,1,1\n0.2,2,1\n0.32,3,1\n0.4,4,1\n0.5,5,1\n");
  EXPECT_EQ(m->info().update_period, 100ms);
}

TEST_F(Replay, AnUpdatePeriodIsNotMadeUp) {
  EXPECT_FALSE(replay("0,7,100\n1,7,100\n2,7,100\n")->info().update_period);
  EXPECT_EQ(replay("0,0,1\n0.25,7,1\n")->info().update_period, 250ms);
  EXPECT_FALSE(replay("0,0,1\n1e-300,7,1\n")->info().update_period);
}

TEST_F(Replay, SaysWhatItIs) {
  const auto m = replay("0,0,1\n1,1,1\n");
  EXPECT_EQ(m->info().name, "replay");
  EXPECT_EQ(m->info().device, "recorded");
  EXPECT_EQ(m->info().scope, Scope::simulated);
  EXPECT_TRUE(m->info().has_energy && m->info().has_power);
  EXPECT_FALSE(m->info().has_ring);
  EXPECT_EQ(m->ring_since(kStart).error().kind, ErrorKind::unsupported);
  EXPECT_TRUE(m->conditions());
}

TEST(Trace, IsReadPointByPoint) {
  const auto points = parse_trace(trace("0,0,100\n\n0.5,50.25,1e2\n"));
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 2u);
  EXPECT_DOUBLE_EQ((*points)[1].seconds, 0.5);
  EXPECT_DOUBLE_EQ((*points)[1].joules, 50.25);
  EXPECT_DOUBLE_EQ((*points)[1].watts, 100.0);
  EXPECT_TRUE(parse_trace("seconds,joules,watts\n0,0,1\n1,1,1")) << "no line end after the last";
}

TEST(Trace, AFaultIsNamedWithItsLine) {
  struct Case {
    std::string text;
    const char* what;
  };
  const std::vector<Case> cases = {
      {"", "line 1 of the trace is not the header"},
      {"0,0,1\n1,1,1\n", "line 1 of the trace is not the header"},
      {"seconds,watts,joules\n", "line 1 of the trace is not the header"},
      {trace("0,0,1\n1,1\n"), "line 3 of the trace is not three numbers"},
      {trace("0,0,1\n1,1,1,1\n"), "line 3 of the trace is not three numbers"},
      {trace("0,0,a\n"), "line 2 of the trace is not three numbers"},
      {trace("0,0, 1\n"), "line 2 of the trace is not three numbers"},
      {trace("0,nan,1\n"), "line 2 of the trace is not three numbers"},
      {trace("0,0,inf\n"), "line 2 of the trace is not three numbers"},
      {trace("\n0,0,1\n0,1,1\n"), "line 4 of the trace does not come after the one before it"},
      {trace("1,0,1\n0.5,1,1\n"), "line 3 of the trace does not come after the one before it"},
      {trace("0,5,1\n1,4,1\n"), "line 3 of the trace has less energy than the one before it"},
      {trace("0,0,-1\n"), "line 2 of the trace has a negative energy or power"},
      {trace("0,-1,1\n"), "line 2 of the trace has a negative energy or power"},
      {trace("-1,0,1\n"), "line 2 of the trace has a time that is not from 0 to 1e9 s"},
      {trace("1e10,0,1\n"), "line 2 of the trace has a time that is not from 0 to 1e9 s"},
      {trace("0,0,1\n"), "line 2 of the trace is the last, with fewer than two points read"},
      {trace(""), "line 1 of the trace is the last, with fewer than two points read"},
  };
  for (const Case& c : cases) {
    const auto points = parse_trace(c.text);
    ASSERT_FALSE(points) << c.text;
    EXPECT_EQ(points.error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(points.error().what, c.what) << c.text;
    EXPECT_THAT(points.error().next, HasSubstr("seconds,joules,watts"));
  }
}

TEST(Trace, WhatIsWrittenReadsBackTheSame) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> step(1e-9, 0.3);
  std::vector<TracePoint> points{{0.1 + 0.2, 0.0, 0.0}};
  for (int i = 0; i < 1000; ++i) {
    const TracePoint& last = points.back();
    points.push_back({last.seconds + step(random), last.joules + step(random), 1e3 * step(random)});
  }
  const auto again = parse_trace(format_trace(points));
  ASSERT_TRUE(again) << again.error().message();
  ASSERT_EQ(again->size(), points.size());
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_TRUE((*again)[i] == points[i]) << i;
}

TEST(Trace, OpensFromAFile) {
  const Tree tree;
  tree.write("idle.csv", trace("0,0,80\n0.1,8,80\n0.2,16,80\n"));
  ManualClock clock(kStart);
  const auto m = open_replay(tree / "idle.csv", clock);
  ASSERT_TRUE(m) << m.error().message();
  EXPECT_EQ((*m)->info().device, "idle.csv");
  clock.advance(150ms);
  EXPECT_DOUBLE_EQ((*m)->energy()->value, 8.0);
}

TEST(Trace, AFileThatCannotBeReadIsNotFound) {
  const Tree tree;
  ManualClock clock;
  for (const auto& path : {tree / "missing.csv", tree.root(), std::filesystem::path()}) {
    const auto m = open_replay(path, clock);
    ASSERT_FALSE(m) << path;
    EXPECT_EQ(m.error().kind, ErrorKind::not_found);
    EXPECT_THAT(m.error().what, HasSubstr("'" + path.string() + "'"));
    EXPECT_THAT(m.error().next, HasSubstr("--meter-option trace=FILE"));
  }
}

TEST(Trace, AnEmptyFileIsNoTrace) {
  const Tree tree;
  tree.write("empty.csv", "");
  ManualClock clock;
  EXPECT_EQ(open_replay(tree / "empty.csv", clock).error().kind, ErrorKind::invalid_input);
}

}  // namespace
}  // namespace joulemark::meter

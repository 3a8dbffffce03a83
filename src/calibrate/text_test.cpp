#include "calibrate/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulemark::calibrate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

meter::Calibration full() {
  meter::Calibration c;
  c.id = "20261125T101512Z-7f3a9c";
  c.made_at = "2026-11-25T10:15:12Z";
  c.meter = "nvml";
  c.device = "NVIDIA H200";
  c.device_id = "GPU-1";
  c.driver = "580.1";
  c.load = "a square";
  c.seconds = 78.5;
  c.updates = {30, 0.1, 1e-5, 2e-4, 1e-3, 1e-3};
  c.queries = {{"energy", true, 6, 0.004, 0.015, 0.0039}};
  c.states = {{"steady load", 512.5, 0.002, 0.001, 0.003, -0.004}};
  c.responses = {{"counter", 0.031, 0.002, std::nullopt}, {"ring", 0.025, std::nullopt, 0.02}};
  c.aliasing = {{0.02, 0.5, 301.5, {300.0, 303.25}, 0.0058}};
  c.host = {19, 312500.0, 0.08};
  return c;
}

TEST(CalibrationText, ComesBackAsItWent) {
  const std::string text = to_json(full());
  const auto again = from_json(text);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(to_json(*again), text);
  EXPECT_EQ(again->aliasing.at(0).watts.at(1), 303.25);
  EXPECT_EQ(again->responses.at(1).lag_spread_s, std::nullopt);
  EXPECT_EQ(again->queries.at(0).rested, true);
  EXPECT_EQ(again->host->probes, 19u);
}

TEST(CalibrationText, LeavesOutWhatIsUnknown) {
  const std::string text = to_json({});
  EXPECT_THAT(text,
              AllOf(Not(HasSubstr("null")), Not(HasSubstr("period_s")), Not(HasSubstr("host"))));
  EXPECT_TRUE(from_json(text));
}

TEST(CalibrationText, SaysWhatCannotBeRead) {
  for (const char* wrong : {"", "7", "[]", "{}", R"({"schema":"joulemark.calibration/2"})",
                            R"({"schema":"joulemark.calibration/1"})"}) {
    const auto read = from_json(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(read.error().kind, ErrorKind::invalid_input);
    EXPECT_FALSE(read.error().next.empty());
  }
  std::string text = to_json(full());
  text.replace(text.find("0.031"), 5, "\"x\"");
  EXPECT_FALSE(from_json(text));
  meter::Calibration absurd = full();
  absurd.updates.period_s = 1e300;
  EXPECT_THAT(from_json(to_json(absurd)).error().what, HasSubstr("no meter can have"));
}

TEST(CalibrationText, TellsEveryTermWithItsUnit) {
  const std::string words = to_words(full());
  EXPECT_THAT(words, HasSubstr("nvml of NVIDIA H200"));
  EXPECT_THAT(words, HasSubstr("100 ms ± 0.01 ms (95 %), 30 updates seen"));
  EXPECT_THAT(words, HasSubstr("4 ms (worst 15 ms), 3.9 ms of CPU time"));
  EXPECT_THAT(words, HasSubstr("512.5 W ± 0.2 % (95 %), counter varies by 0.1 %, samples by 0.3 %, "
                               "integral - counter -0.40 %"));
  EXPECT_THAT(words, HasSubstr("31 ms ± 2 ms"));
  EXPECT_THAT(words, HasSubstr("25 ms, as a running mean over 20 ms"));
  EXPECT_THAT(words, HasSubstr("3.12e+05 a second, their time varies by 8 %, 19 spells seen"));
  EXPECT_THAT(words, HasSubstr("misread by up to 0.58 %, of 301.5 W"));
  meter::Calibration none;
  EXPECT_THAT(to_words(none), HasSubstr("the load does not show in this meter"));
}

}  // namespace
}  // namespace joulemark::calibrate

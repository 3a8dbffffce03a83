#include "store/said.hpp"

#include <gtest/gtest.h>

namespace joulemark::store {
namespace {

Record with(const char* provenance) {
  Record record;
  record.provenance_json = provenance;
  return record;
}

TEST(Said, IsAsIfNothingWasThereWhereAProvenanceIsNone) {
  const Said said = said_by(with(R"({"job": 3, "settings": {"cuda_graph": true}})"));
  EXPECT_EQ(said.job, 3u);
  EXPECT_TRUE(said.cuda_graph);
  const Said timed = said_by(with(R"({"sitting": "20261127T1-a", "time_s": {"row": 2.5}})"));
  EXPECT_EQ(timed.sitting, "20261127T1-a");
  EXPECT_EQ(timed.took, Nanoseconds(2'500'000'000));
  for (const char* nothing :
       {"", "{}", "[]", R"({"job": -1})", R"({"settings": 1})", R"({"job":)"}) {
    EXPECT_EQ(said_by(with(nothing)).job, std::nullopt) << nothing;
    EXPECT_FALSE(said_by(with(nothing)).cuda_graph) << nothing;
  }
  for (const char* no_time : {R"({"time_s": 1})", R"({"time_s": {"row": "2"}})",
                              R"({"time_s": {"row": -1}})", R"({"time_s": {"row": 1e300}})"}) {
    EXPECT_EQ(said_by(with(no_time)).took, std::nullopt) << no_time;
  }
}

TEST(LaterColumns, TheBoardOfARowFromBeforeItIsThatOfTheMeter) {
  const auto board = [](Record record) {
    fill_later_columns(record);
    return record.board;
  };
  EXPECT_EQ(board(with(R"({"meter": {"device_id": "GPU-1"}})")), "GPU-1");
  for (const char* without :
       {"", "{}", "[]", R"({"meter": 1})", R"({"meter": {"device_id": 1}})", R"({"meter":)"}) {
    EXPECT_EQ(board(with(without)), "") << without;
  }
  Record has_one = with(R"({"meter": {"device_id": "GPU-1"}})");
  has_one.board = "GPU-2";
  EXPECT_EQ(board(has_one), "GPU-2");
}

TEST(LaterColumns, TheTemperatureIsTheMeanOfStartAndEnd) {
  const auto celsius = [](const char* conditions) {
    Record record;
    record.conditions_json = conditions;
    fill_later_columns(record);
    return record.temperature_c;
  };
  EXPECT_EQ(celsius(R"({"end": {"temperature_c": 48.0}, "start": {"temperature_c": 45}})"), 46.5);
  for (const char* without :
       {"", "{}", "[]", R"({"start": 1, "end": 2})", R"({"start": {"temperature_c": 45}})",
        R"({"start": {"temperature_c": 45}, "end": {"temperature_c": "48"}})", R"({"start":)"}) {
    EXPECT_EQ(celsius(without), std::nullopt) << without;
  }
  Record has_one;
  has_one.temperature_c = 50.0;
  has_one.conditions_json = R"({"start": {"temperature_c": 1}, "end": {"temperature_c": 1}})";
  fill_later_columns(has_one);
  EXPECT_EQ(has_one.temperature_c, 50.0);
}

}  // namespace
}  // namespace joulemark::store

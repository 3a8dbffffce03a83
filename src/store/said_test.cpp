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
  for (const char* nothing :
       {"", "{}", "[]", R"({"job": -1})", R"({"settings": 1})", R"({"job":)"}) {
    EXPECT_EQ(said_by(with(nothing)).job, std::nullopt) << nothing;
    EXPECT_FALSE(said_by(with(nothing)).cuda_graph) << nothing;
  }
}

TEST(Board, OfARowFromBeforeItsColumnIsThatOfTheMeter) {
  const auto board = [](Record record) {
    add_board(record);
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

}  // namespace
}  // namespace joulemark::store

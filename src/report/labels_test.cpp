#include "report/labels.hpp"

#include <gmock/gmock.h>

namespace joulemark::report {
namespace {

constexpr Box kArea{0, 0, 400, 300};

TEST(PlaceLabels, ALonelyLabelIsLeftOfItsPoint) {
  const std::vector<Label> labels = {{100, 100, 50, 10}};
  const auto placed = place_labels(labels, {}, kArea);
  ASSERT_TRUE(placed[0]);
  EXPECT_LT(placed[0]->box.x + 50, 100);
  EXPECT_DOUBLE_EQ(placed[0]->box.y + 5, 100);
  EXPECT_FALSE(placed[0]->needs_line);
}

TEST(PlaceLabels, StaysInsideAndOffTheObstacles) {
  const std::vector<Label> labels = {{10, 100, 50, 10}, {100, 100, 50, 10}};
  const std::vector<Box> obstacles = {{35, 95, 60, 10}};
  const auto placed = place_labels(labels, obstacles, kArea);
  ASSERT_TRUE(placed[0] && placed[1]);
  EXPECT_TRUE(kArea.contains(placed[0]->box));
  EXPECT_FALSE(placed[1]->box.overlaps(obstacles[0]));
}

TEST(PlaceLabels, ACrowdNeverOverlaps) {
  std::vector<Label> labels;
  std::vector<Box> points;
  for (int i = 0; i < 24; ++i) {
    const int row = i / 6;
    const double x = 150.0 + 9.0 * (i % 6);
    const double y = 120.0 + 11.0 * row;
    labels.push_back({x, y, 60, 12});
    points.push_back({x - 4, y - 4, 8, 8});
  }
  const auto placed = place_labels(labels, points, kArea);
  int shown = 0;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i]) continue;
    ++shown;
    for (const Box& p : points) EXPECT_FALSE(placed[i]->box.overlaps(p)) << i;
    for (std::size_t j = 0; j < i; ++j) {
      if (!placed[j]) continue;
      EXPECT_FALSE(placed[i]->box.overlaps(placed[j]->box)) << i << " " << j;
    }
  }
  EXPECT_GE(shown, 18);
}

TEST(PlaceLabels, IsAbsentWithoutRoom) {
  const std::vector<Label> labels = {{10, 10, 50, 10}};
  EXPECT_FALSE(place_labels(labels, {}, Box{0, 0, 40, 300})[0]);
}

}  // namespace
}  // namespace joulemark::report

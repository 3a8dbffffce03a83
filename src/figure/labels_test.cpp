#include "figure/labels.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace joulemark::figure {
namespace {

constexpr Box kArea{0, 0, 400, 300};

/// Whether the line from a point to its label meets a box.
bool line_meets(const Label& l, const Box& label, const Box& box) {
  const double x = std::clamp(l.x, label.x, label.x + label.width);
  const double y = std::clamp(l.y, label.y, label.y + label.height);
  for (int i = 0; i <= 200; ++i) {
    if (box.contains(std::lerp(l.x, x, i / 200.0), std::lerp(l.y, y, i / 200.0))) return true;
  }
  return false;
}

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
  EXPECT_GE(shown, 15);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    for (std::size_t j = 0; placed[i] && placed[i]->needs_line && j < placed.size(); ++j) {
      const bool is_other = i != j && placed[j];
      EXPECT_FALSE(is_other && line_meets(labels[i], placed[i]->box, placed[j]->box)) << i << j;
    }
  }
}

TEST(PlaceLabels, ALineGoesAroundOtherPoints) {
  const std::vector<Label> labels = {{200, 150, 60, 12}};
  std::vector<Box> points = {{196, 146, 8, 8}};
  for (int i = 0; i < 30; ++i) {  // a wall on the left, and one below it
    points.push_back({180.0, 60.0 + 6.0 * i, 8, 8});
    points.push_back({60.0 + 10.0 * i, 165.0, 8, 8});
  }
  const auto placed = place_labels(labels, points, kArea);
  ASSERT_TRUE(placed[0]);
  for (std::size_t i = 1; i < points.size(); ++i) {
    EXPECT_FALSE(line_meets(labels[0], placed[0]->box, points[i])) << i;
  }
}

TEST(PlaceLabels, IsAbsentWithoutRoom) {
  const std::vector<Label> labels = {{10, 10, 50, 10}};
  EXPECT_FALSE(place_labels(labels, {}, Box{0, 0, 40, 300})[0]);
}

}  // namespace
}  // namespace joulemark::figure

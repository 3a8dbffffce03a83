#include "report/labels.hpp"

#include <algorithm>
#include <array>

namespace joulemark::report {
namespace {

/// Direction from the point to its label, in the order of preference.
struct Direction {
  double x, y;
};
constexpr std::array kDirections = {Direction{-1, 0},   Direction{1, 0},    Direction{0, -1},
                                    Direction{0, 1},    Direction{-1, -1},  Direction{1, -1},
                                    Direction{-1, 1},   Direction{1, 1},    Direction{-1, -0.5},
                                    Direction{-1, 0.5}, Direction{1, -0.5}, Direction{1, 0.5}};
/// Gaps between point and label, nearest first.
constexpr std::array kGaps = {11.0, 16.0, 28.0, 44.0, 64.0, 88.0, 116.0};
/// From here on a thin line joins the two.
constexpr double kLineFrom = 16.0;

/// The label on that side of its point: its nearest edge or corner is `gap` away.
Box beside(const Label& l, Direction d, double gap) {
  const double center_x = l.x + d.x * (gap + l.width / 2.0);
  const double center_y = l.y + d.y * (gap + l.height / 2.0);
  return {center_x - l.width / 2.0, center_y - l.height / 2.0, l.width, l.height};
}

}  // namespace

std::vector<std::optional<PlacedLabel>> place_labels(std::span<const Label> labels,
                                                     std::span<const Box> obstacles,
                                                     const Box& area) {
  std::vector<Box> taken(obstacles.begin(), obstacles.end());
  const auto is_free = [&](const Box& box) {
    return area.contains(box) && std::none_of(taken.begin(), taken.end(), [&](const Box& other) {
             return box.overlaps(other);
           });
  };
  std::vector<std::optional<PlacedLabel>> placed;
  for (const Label& label : labels) {
    std::optional<PlacedLabel> found;
    for (std::size_t g = 0; g < kGaps.size() && !found; ++g) {
      for (const Direction d : kDirections) {
        const Box box = beside(label, d, kGaps[g]);
        if (!is_free(box)) continue;
        found = PlacedLabel{box, kGaps[g] >= kLineFrom};
        break;
      }
    }
    if (found) taken.push_back(found->box);
    placed.push_back(found);
  }
  return placed;
}

}  // namespace joulemark::report

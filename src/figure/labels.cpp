#include "figure/labels.hpp"

#include <algorithm>
#include <array>

namespace joulemark::figure {
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

/// What crossing one obstacle with that line costs, in units of distance: a name farther away is
/// better than a line through many marks.
constexpr double kCrossing = 9.0;
constexpr double kTangle = 30.0;  ///< the same of two such lines

struct Segment {
  double x1, y1, x2, y2;
};

/// Whether any of the segment lies in the box (Liang and Barsky 1984).
bool crosses(const Segment& s, const Box& box) {
  double from = 0.0, to = 1.0;
  const auto clip = [&](double step, double low, double high) {
    if (step == 0.0) return low <= 0.0 && high >= 0.0;
    from = std::max(from, std::min(low / step, high / step));
    to = std::min(to, std::max(low / step, high / step));
    return from <= to;
  };
  return clip(s.x2 - s.x1, box.x - s.x1, box.x + box.width - s.x1) &&
         clip(s.y2 - s.y1, box.y - s.y1, box.y + box.height - s.y1);
}

bool crosses(const Segment& a, const Segment& b) {
  const auto side = [](const Segment& s, double x, double y) {
    return (s.x2 - s.x1) * (y - s.y1) - (s.y2 - s.y1) * (x - s.x1) > 0.0;
  };
  return side(a, b.x1, b.y1) != side(a, b.x2, b.y2) && side(b, a.x1, a.y1) != side(b, a.x2, a.y2);
}

/// From the point to the nearest place of its label.
Segment line_to(const Label& l, const Box& box) {
  return {l.x, l.y, std::clamp(l.x, box.x, box.x + box.width),
          std::clamp(l.y, box.y, box.y + box.height)};
}

/// What stands so far.
struct Taken {
  std::span<const Box> obstacles;
  std::vector<Box> labels;
  std::vector<Segment> lines;

  bool leaves(const Box& box) const {
    const auto overlaps = [&](const Box& other) { return box.overlaps(other); };
    return std::ranges::none_of(obstacles, overlaps) && std::ranges::none_of(labels, overlaps) &&
           std::ranges::none_of(lines, [&](const Segment& s) { return crosses(s, box); });
  }
  bool leaves(const Segment& line) const {
    return std::ranges::none_of(labels, [&](const Box& b) { return crosses(line, b); });
  }
  double cost(const Segment& line) const {
    const auto marks = std::ranges::count_if(
        obstacles, [&](const Box& b) { return crosses(line, b) && !b.contains(line.x1, line.y1); });
    const auto others =
        std::ranges::count_if(lines, [&](const Segment& s) { return crosses(line, s); });
    return kCrossing * static_cast<double>(marks) + kTangle * static_cast<double>(others);
  }
};

std::optional<PlacedLabel> place(const Label& label, const Taken& taken, const Box& area,
                                 double farthest) {
  std::optional<PlacedLabel> best;
  double least = farthest;
  for (const double gap : kGaps) {
    if (least <= gap) break;  // farther away nothing costs less
    for (const Direction d : kDirections) {
      const Box box = beside(label, d, gap);
      if (!area.contains(box) || !taken.leaves(box)) continue;
      const bool needs_line = gap >= kLineFrom;
      const Segment line = line_to(label, box);
      if (needs_line && !taken.leaves(line)) continue;
      const double cost = gap + (needs_line ? taken.cost(line) : 0.0);
      if (cost >= least) continue;
      best = PlacedLabel{box, needs_line};
      least = cost;
    }
  }
  return best;
}

}  // namespace

std::vector<std::optional<PlacedLabel>> place_labels(std::span<const Label> labels,
                                                     std::span<const Box> obstacles,
                                                     const Box& area, double farthest) {
  Taken taken{obstacles, {}, {}};
  std::vector<std::optional<PlacedLabel>> placed;
  for (const Label& label : labels) {
    placed.push_back(place(label, taken, area, farthest));
    if (!placed.back()) continue;
    taken.labels.push_back(placed.back()->box);
    if (placed.back()->needs_line) taken.lines.push_back(line_to(label, placed.back()->box));
  }
  return placed;
}

}  // namespace joulemark::figure

#pragma once

#include <optional>
#include <span>
#include <vector>

/// Where the names of points go in a picture.
namespace joulemark::figure {

/// An axis-parallel rectangle, y downwards.
struct Box {
  double x = 0.0, y = 0.0, width = 0.0, height = 0.0;
  bool overlaps(const Box& o) const {
    return x < o.x + o.width && o.x < x + width && y < o.y + o.height && o.y < y + height;
  }
  bool contains(double px, double py) const {
    return x <= px && px <= x + width && y <= py && py <= y + height;
  }
  bool contains(const Box& o) const {
    return x <= o.x && o.x + o.width <= x + width && y <= o.y && o.y + o.height <= y + height;
  }
};

struct Label {
  double x = 0.0, y = 0.0;  ///< the point that it names
  double width = 0.0, height = 0.0;
};

struct PlacedLabel {
  Box box;
  bool needs_line = false;  ///< too far from its point to be read without a line
};

inline constexpr double kAnywhere = 1e9;

/// Puts each label beside its point, within `area`, over no obstacle and no other label; absent
/// where there is no room. No line between the two crosses a label, and few cross another or an
/// obstacle. `farthest`: no label is farther from its point, and nearer ones only as far as their
/// line is clear. Earlier labels choose first. Pure: the same input gives the same
/// picture.
std::vector<std::optional<PlacedLabel>> place_labels(std::span<const Label> labels,
                                                     std::span<const Box> obstacles,
                                                     const Box& area, double farthest = kAnywhere);

}  // namespace joulemark::figure

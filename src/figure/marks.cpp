#include "figure/marks.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>

namespace joulemark::figure {
namespace {

/// Where marks of a category stand in their row: most above, estimates of all below them.
constexpr double kMostAt = -0.12, kStrongAt = 0.36;

/// Where a mark beside one that is placed already would lie on it: y to either side.
struct Taken {
  double y, reach;
};

/// Marks of one category would lie on each other: they move up or down, as little as they must and
/// as far as their part of the row goes. From left to right, so that a figure is always drawn the
/// same.
void spread(std::vector<Placed>& marks, double row) {
  constexpr double kStep = kRadius / 2.0;
  const double most_away = row * (kStrongAt - kMostAt) - 2.8 * kRadius;
  std::vector<Placed*> order;
  for (Placed& p : marks) {
    const bool is_strong = p.mark->weight == Weight::strong;
    p.y += row * (is_strong ? kStrongAt : kMostAt);
    if (!is_strong) order.push_back(&p);
  }
  std::ranges::stable_sort(order, {}, [](const Placed* p) { return p->x; });
  std::vector<const Placed*> done;
  std::vector<Taken> taken;
  for (Placed* p : order) {
    const double middle = p->y;
    taken.clear();
    for (const Placed* d : std::views::reverse(done)) {
      const double aside = p->x - d->x;
      if (aside >= 2.0 * kRadius) break;  // all others are further left still
      if (std::abs(d->y - middle) > most_away + 2.0 * kRadius) continue;  // of another row
      taken.push_back({d->y, std::sqrt(4.0 * kRadius * kRadius - aside * aside)});
    }
    const auto is_free = [&] {
      return std::ranges::none_of(taken,
                                  [&](const Taken& t) { return std::abs(t.y - p->y) < t.reach; });
    };
    const auto steps = static_cast<int>(most_away / kStep);
    for (int i = 0; i <= steps; ++i) {
      const double away = kStep * i;
      p->y = middle - away;
      if (is_free()) break;
      p->y = middle + away;
      if (is_free()) break;
      p->y = middle;  // no room in the row: on the others
    }
    done.push_back(p);
  }
}

}  // namespace

Box Placed::box() const {
  const double half = radius + 1.0;
  return {x - half, y - half, 2.0 * half, 2.0 * half};
}

std::vector<Box> Placed::bars(const Frame& frame) const {
  std::vector<Box> out;
  constexpr double r = 2.0;
  if (const auto& range = mark->x_range) {
    const auto [left, right] = std::minmax({frame.x.at(range->low), frame.x.at(range->high)});
    out.push_back({left, y - r, right - left, 2.0 * r});
  }
  if (const auto& range = mark->y_range) {
    const auto [top, bottom] = std::minmax({frame.y.at(range->low), frame.y.at(range->high)});
    out.push_back({x - r, top, 2.0 * r, bottom - top});
  }
  return out;
}

std::vector<Placed> place_marks(const Figure& f, const Frame& frame) {
  std::vector<Placed> placed;
  for (const Weight weight : kWeights) {
    for (const Mark& m : f.marks) {
      if (m.weight != weight) continue;
      const double radius = weight == Weight::strong ? kStrong * kRadius : kRadius;
      placed.push_back({&m, frame.x.at(m.x), frame.y.at(m.y), radius});
    }
  }
  if (frame.is_crowded) spread(placed, frame.row);
  return placed;
}

}  // namespace joulemark::figure

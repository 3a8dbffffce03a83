#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

/// The picture of energy against accuracy as SVG.
namespace joulemark::report {

/// One measured configuration in the picture.
struct Point {
  std::string name;        ///< beside the point in a wide picture
  std::string number;      ///< beside the point in a narrow one: its rank in the table
  std::string policy;      ///< decides the shape
  double joules = 0.0;     ///< per image, above 0
  double top1 = 0.0;       ///< percent
  double ci95_rel = 0.0;   ///< the thick bar; 0: not drawn
  double total_rel = 0.0;  ///< the thin bar: interval and systematic term together
};

/// The ranges of both axes, so that several pictures can share them.
struct Axes {
  double least_joules = 0.0, most_joules = 0.0;  ///< logarithmic
  double least_top1 = 0.0, most_top1 = 0.0;
};
/// Axes that hold all points, widened to round numbers. Points must not be empty.
Axes axes_for(std::span<const Point> points);

struct PictureSize {
  double width = 0.0, height = 0.0;  ///< user units, one is one CSS pixel at full size
  bool names = true;                 ///< names beside the points; otherwise their numbers
};

/// An <svg> element. `id` is unique on the page; colours come from the page's style sheet. Its
/// <desc> says in words what it shows.
std::string picture(std::span<const Point> points, const Axes& axes, const PictureSize& size,
                    const std::string& id);

/// The shape of a policy as a small <svg>, for a legend.
std::string policy_mark(const std::string& policy);

}  // namespace joulemark::report

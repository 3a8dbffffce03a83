#include "figure/shapes.hpp"

#include <fmt/format.h>

namespace joulemark::figure {

std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string colour_class(std::optional<std::size_t> group) {
  return group ? fmt::format(" c{}", colour_of(*group)) : "";
}

std::string shape(std::optional<std::size_t> of, double x, double y, double radius) {
  const double r = radius;
  const auto n = number;
  const auto from = [&](double dx, double dy) { return n(x + dx) + " " + n(y + dy); };
  const auto diamond = [&](double s) {
    return fmt::format("M{}l{s} {s}l-{s} {s}l-{s}-{s}z", from(0.0, -s), fmt::arg("s", n(s)));
  };
  if (!of) return diamond(1.2 * r);
  const std::size_t group = *of;
  switch ((group + group / kColours) % kColours) {
    case 0:  // circle
      return fmt::format("M{}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z", from(-r, 0.0),
                         fmt::arg("r", n(r)), fmt::arg("d", n(2.0 * r)));
    case 1: {  // square
      const double s = 0.88 * r;
      return fmt::format("M{}h{d}v{d}h-{d}z", from(-s, -s), fmt::arg("d", n(2.0 * s)));
    }
    case 2: {  // triangle
      const double s = 1.15 * r;
      return fmt::format("M{}l{} {}h-{}z", from(0.0, -s), n(s), n(1.85 * s), n(2.0 * s));
    }
    case 3:
      return diamond(1.25 * r);
    case 4: {  // triangle on its head
      const double s = 1.15 * r;
      return fmt::format("M{}l{} -{}h-{}z", from(0.0, s), n(s), n(1.85 * s), n(2.0 * s));
    }
    default: {  // cross
      const double s = 1.1 * r;
      return fmt::format("M{}h{d}M{}v{d}", from(-s, 0.0), from(0.0, -s), fmt::arg("d", n(2.0 * s)));
    }
  }
}

}  // namespace joulemark::figure

#pragma once

#include <cstddef>
#include <optional>
#include <string>

/// Shapes of marks as data of SVG paths.
namespace joulemark::figure {

/// A coordinate with one decimal, as short as it goes: "12.3", "12".
std::string number(double value);

/// Colours of the style sheet; each has a shape of its own. Beyond them, colours come again with
/// other shapes.
inline constexpr std::size_t kColours = 6;
constexpr std::size_t colour_of(std::size_t group) { return group % kColours; }

/// The outline of a mark of a group: half as wide as `radius` says, about. Of no group: a large
/// diamond.
std::string shape(std::optional<std::size_t> of, double x, double y, double radius);

/// Its class in the style sheet, behind a space: " c2"; of no group none, which is ink.
std::string colour_class(std::optional<std::size_t> group);

}  // namespace joulemark::figure

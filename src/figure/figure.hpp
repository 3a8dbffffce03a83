#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

/// What a figure shows, apart from how it is drawn: an SVG (svg.hpp) and a page draw the same one.
namespace joulemark::figure {

enum class Scale {
  linear,
  logarithmic,
  powers_of_two,  ///< logarithmic, with ticks at 1, 2, 4 and so on
};

struct Axis {
  std::string label;
  std::string unit;  ///< "J", "%", another word, or "1" for pure numbers
  Scale scale = Scale::linear;
  bool reversed = false;
  /// Where there are some, values are their indices: 0 is the first, at the top of a vertical axis.
  /// Of a vertical axis only.
  std::vector<std::string> categories = {};
};

struct Range {
  double low = 0.0;
  double high = 0.0;
};

/// How much something is to be seen.
enum class Weight { faint, normal, strong };

/// One point.
struct Mark {
  std::string name;
  double x = 0.0, y = 0.0;
  std::optional<Range> x_range = {}, y_range = {};  ///< intervals, drawn as bars
  std::optional<std::size_t> group = {};  ///< index into Figure::groups; absent: an estimate of all
  Weight weight = Weight::normal;
  bool hollow = false;
  bool named = false;       ///< its name beside it, where there is room; earlier marks choose first
  std::string remark = {};  ///< what else there is to know of it
};

struct Place {
  double x = 0.0, y = 0.0;
};

struct Line {
  std::string name;  ///< in the key; empty: not there
  std::vector<Place> places;
  Weight weight = Weight::normal;
  bool dashed = false;
  bool steps = false;                     ///< each place holds until the x of the next
  std::optional<std::size_t> group = {};  ///< of whose colour it is
};

/// An area between two lines, or beside one: from low to high at each x.
struct Band {
  std::string name;  ///< in the key
  struct Slice {
    double x = 0.0;
    Range y;
  };
  std::vector<Slice> slices;
};

/// A line across the whole figure at one value of x or y.
struct Reference {
  bool of_x = true;
  double value = 0.0;
  std::string name;
};

struct Figure {
  std::string part = {};  ///< which of several of one analysis, a word for its file; empty: the one
  std::string title = {};
  std::string subtitle = {};  ///< of what: setup, n
  Axis x = {}, y = {};
  std::vector<std::string> groups = {};  ///< kinds of marks; each has a colour and a shape
  std::vector<Mark> marks = {};
  std::vector<Line> lines = {};
  std::vector<Band> bands = {};
  std::vector<Reference> references = {};
  // What marks mean that differ from the others of their group; empty where none differs.
  std::string hollow_means = {}, faint_means = {}, strong_means = {};
  std::vector<std::string> notes = {};  ///< sentences: what bars are, what was left out, the source
};

/// Error: invalid_input for a figure that cannot be drawn: no mark and no line, a value that is not
/// finite, 0 or less on a logarithmic axis, a range whose ends change places, a category or group
/// that is not there.
Result<void> check(const Figure& figure);

/// All that an axis must show, in the order of size. The figure has passed check().
Range extent(const Figure& figure, bool of_x);

}  // namespace joulemark::figure

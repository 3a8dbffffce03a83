#include "figure/frame.hpp"

#include <algorithm>
#include <cmath>

#include "figure/text.hpp"

namespace joulemark::figure {
namespace {

constexpr double kWidth = 560.0;
constexpr double kEdge = 12.0;         ///< around everything
constexpr double kRight = 22.0;        ///< right of the plot, for half of the last tick's text
constexpr double kPlotHeight = 310.0;  ///< without categories
constexpr double kTickGap = 7.0;       ///< between an axis and its texts
constexpr double kRowHeight = 22.0;    ///< of a category with one mark
constexpr double kCrowdHeight = 62.0;  ///< of a category with several
constexpr double kLine = 1.32;         ///< distance of base lines, in sizes of text
/// The most of the width that names of categories beside the axis may take: longer ones stand above
/// their row.
constexpr double kBeside = 0.4;

/// Adds lines of text below `top`; returns where they end.
double add_lines(Frame& frame, const std::string& text, double size, const char* role, double top) {
  for (std::string& line : wrap(text, (kWidth - 2.0 * kEdge) / size)) {
    frame.texts.push_back({kEdge, top + size, std::move(line), role});
    top += kLine * size;
  }
  return top;
}

// --- key

std::vector<KeyEntry> key_of(const Figure& f) {
  using Sample = KeyEntry::Sample;
  std::vector<KeyEntry> key;
  const auto add = [&](Sample sample, std::size_t index, const std::string& text) {
    if (!text.empty()) key.push_back({sample, index, 0.0, 0.0, text});
  };
  for (std::size_t i = 0; i < f.groups.size(); ++i) {
    const bool is_shown =
        std::ranges::find(f.marks, std::optional(i), &Mark::group) != f.marks.end();
    if (is_shown) add(Sample::group, i, f.groups[i]);
  }
  for (std::size_t i = 0; i < f.lines.size(); ++i) add(Sample::line, i, f.lines[i].name);
  add(Sample::strong, 0, f.strong_means);
  add(Sample::hollow, 0, f.hollow_means);
  add(Sample::faint, 0, f.faint_means);
  for (std::size_t i = 0; i < f.bands.size(); ++i) add(Sample::band, i, f.bands[i].name);
  return key;
}

/// Puts the key below `top`, from left to right, in as many rows as it takes; returns its end.
double place_key(Frame& frame, double top) {
  constexpr double kRow = 20.0, kBetween = 16.0, kToText = 6.0;
  if (frame.key.empty()) return top;
  double x = kEdge;
  top += 4.0;
  for (KeyEntry& e : frame.key) {
    const double width = kSampleWidth + kToText + kTextSize * width_of(e.text);
    if (x > kEdge && x + width > kWidth - kEdge) {
      x = kEdge;
      top += kRow;
    }
    e.x = x + kSampleWidth / 2.0;
    e.y = top + kRow / 2.0;
    frame.texts.push_back({x + kSampleWidth + kToText, e.y + 0.36 * kTextSize, e.text, "key"});
    x += width + kBetween;
  }
  return top + kRow;
}

// --- axes

/// A little more than the data take, so that no mark lies on the edge; and more than a thousandth
/// of a value, so that ticks differ in the digits that they print.
Range widened(const Axis& axis, const Range& data) {
  constexpr double kRoom = 0.07;
  constexpr double kLeast = 1e-3;
  if (!axis.categories.empty()) return {data.low - 0.5, data.high + 0.5};
  if (axis.scale != Scale::linear) {
    const double factor = std::exp2(std::max(kRoom * std::log2(data.high / data.low), kLeast));
    return {data.low / factor, data.high * factor};
  }
  const double size = std::max(std::abs(data.low), std::abs(data.high));
  const double least = size > 0.0 ? kLeast * size : 1.0;
  const double room = std::max(kRoom * (data.high - data.low), least);
  // Beyond what a value can be, there is nothing to show.
  const bool is_percent = axis.unit == "%" && data.high <= 100.0;
  return {data.low >= 0.0 ? std::max(0.0, data.low - room) : data.low - room,
          is_percent ? std::min(100.0, data.high + room) : data.high + room};
}

double text_width(const Tick& tick) { return kTextSize * width_of(tick.text); }

double widest(const std::vector<Tick>& ticks) {
  double width = 0.0;
  for (const Tick& t : ticks) width = std::max(width, text_width(t));
  return width;
}

Fits side_by_side(const Mapping& x) {
  return [&x](const std::vector<Tick>& ticks) {
    for (std::size_t i = 1; i < ticks.size(); ++i) {
      const double room = std::abs(x.at(ticks[i].value) - x.at(ticks[i - 1].value));
      if (room < (text_width(ticks[i]) + text_width(ticks[i - 1])) / 2.0 + kTextSize) return false;
    }
    return true;
  };
}

Fits one_above_the_other(const Mapping& y) {
  return [&y](const std::vector<Tick>& ticks) {
    for (std::size_t i = 1; i < ticks.size(); ++i) {
      const double room = std::abs(y.at(ticks[i].value) - y.at(ticks[i - 1].value));
      if (room < 2.0 * kTextSize) return false;
    }
    return true;
  };
}

std::string axis_text(const Axis& axis) {
  const bool on_ticks =
      axis.unit.empty() || axis.unit == "1" || axis.unit == "J" || axis.unit == "%";
  std::string text = on_ticks ? axis.label : axis.label + ", " + axis.unit;
  return axis.scale == Scale::linear ? text : text + " (logarithmic)";
}

/// Most marks of one category. There are some.
std::size_t crowd(const Figure& f) {
  std::vector<std::size_t> counts(f.y.categories.size());
  for (const Mark& m : f.marks) ++counts[static_cast<std::size_t>(m.y)];
  return std::ranges::max(counts);
}

/// How rows of categories stand, and what their names are broken into.
struct Rows {
  bool above = false;  ///< names stand above their rows
  std::vector<std::vector<std::string>> names;
  double names_height = 0.0;
  double marks_height = 0.0;
  double height() const { return names_height + marks_height; }
};
Rows rows_of(const Figure& f) {
  Rows rows;
  rows.marks_height = crowd(f) > 1 ? kCrowdHeight : kRowHeight;
  for (const std::string& c : f.y.categories) {
    rows.above = rows.above || kTextSize * width_of(c) > kBeside * kWidth;
  }
  std::size_t most = 0;
  for (const std::string& c : f.y.categories) {
    rows.names.push_back(rows.above ? wrap(c, (kWidth - kEdge - kRight) / kTextSize)
                                    : std::vector{c});
    most = std::max(most, rows.names.back().size());
  }
  if (rows.above) rows.names_height = kLine * kTextSize * static_cast<double>(most) + 4.0;
  return rows;
}

/// The vertical axis: how high the plot is, and how much room there is left of it.
void place_y(Frame& frame, const Figure& f, double top) {
  const bool has_rows = !f.y.categories.empty();
  const Rows rows = has_rows ? rows_of(f) : Rows{};
  const double height =
      has_rows ? rows.height() * static_cast<double>(f.y.categories.size()) : kPlotHeight;
  const Range shown = widened(f.y, extent(f, false));
  const bool downwards = f.y.reversed != has_rows;
  const double shift = rows.names_height / 2.0;
  frame.y = downwards ? Mapping(f.y, shown, top + shift, top + height + shift)
                      : Mapping(f.y, shown, top + height, top);
  frame.y_ticks = ticks(f.y, shown, one_above_the_other(frame.y));
  frame.row = rows.marks_height;
  frame.is_crowded = rows.marks_height > kRowHeight;
  const double left = rows.above ? kEdge : kEdge + widest(frame.y_ticks.major) + kTickGap;
  frame.plot = {left, top, kWidth - left - kRight, height};
  for (std::size_t i = 0; i < frame.y_ticks.major.size(); ++i) {
    const double y = frame.y.at(frame.y_ticks.major[i].value);
    if (!rows.above) {
      frame.texts.push_back(
          {left - kTickGap, y + 0.36 * kTextSize, frame.y_ticks.major[i].text, "tick", "end"});
      continue;
    }
    double base = y - rows.marks_height / 2.0 - rows.names_height + kTextSize + 2.0;
    for (const std::string& line : rows.names[i]) {
      frame.texts.push_back({left, base, line, "category"});
      base += kLine * kTextSize;
    }
  }
}

/// The horizontal axis below the plot; returns where it ends.
double place_x(Frame& frame, const Figure& f) {
  const Box& plot = frame.plot;
  const Range shown = widened(f.x, extent(f, true));
  const double left = plot.x, right = plot.x + plot.width;
  frame.x = f.x.reversed ? Mapping(f.x, shown, right, left) : Mapping(f.x, shown, left, right);
  frame.x_ticks = ticks(f.x, shown, side_by_side(frame.x));
  double base = plot.y + plot.height + kTickGap + kTextSize;
  for (const Tick& t : frame.x_ticks.major) {
    const double half = text_width(t) / 2.0;
    const double x = std::clamp(frame.x.at(t.value), half, kWidth - half);
    frame.texts.push_back({x, base, t.text, "tick", "middle"});
  }
  base += kLine * kTextSize + 3.0;
  frame.texts.push_back({right, base, axis_text(f.x), "axis", "end"});
  return base + 6.0;
}

bool has_name_above(const Figure& f) {
  return std::ranges::any_of(f.references,
                             [](const Reference& r) { return r.of_x && !r.name.empty(); });
}

}  // namespace

Mapping::Mapping(const Axis& axis, const Range& shown, double from, double to)
    : scale_(axis.scale),
      start_(place(shown.low)),
      span_(place(shown.high) - start_),
      from_(from),
      to_(to) {}
double Mapping::place(double value) const {
  return scale_ == Scale::linear ? value : std::log2(value);
}
double Mapping::at(double value) const {
  return from_ + (to_ - from_) * (place(value) - start_) / span_;
}

Frame frame_of(const Figure& f) {
  Frame frame;
  frame.width = kWidth;
  double top = add_lines(frame, f.title, kTitleSize, "title", kEdge - 3.0);
  top = add_lines(frame, f.subtitle, kTextSize, "subtitle", top);
  frame.key = key_of(f);
  top = place_key(frame, top);
  if (f.y.categories.empty()) top = add_lines(frame, axis_text(f.y), kTextSize, "axis", top + 6.0);
  place_y(frame, f, top + (has_name_above(f) ? kLine * kSmallSize : 0.0) + 8.0);
  top = place_x(frame, f);
  for (const std::string& note : f.notes) top = add_lines(frame, note, kSmallSize, "note", top);
  frame.height = std::ceil(top + kEdge);
  return frame;
}

}  // namespace joulemark::figure

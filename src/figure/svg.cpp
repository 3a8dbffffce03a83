#include "figure/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ranges>
#include <string_view>

#include "figure/frame.hpp"
#include "figure/marks.hpp"
#include "figure/shapes.hpp"
#include "figure/style.hpp"
#include "figure/text.hpp"

namespace joulemark::figure {
namespace {

template <class... T>
void add(std::string& out, fmt::format_string<T...> format, T&&... values) {
  fmt::format_to(std::back_inserter(out), format, std::forward<T>(values)...);
}

const char* class_of(Weight weight) {
  return weight == Weight::faint ? " faint" : weight == Weight::strong ? " strong" : "";
}

// --- what surrounds the data

std::string in_words(const Figure& f) {
  const auto axis = [&](const char* which, const Axis& a, bool of_x) {
    if (!a.categories.empty()) return fmt::format("{}: {} rows.", which, a.categories.size());
    const Range range = extent(f, of_x);
    return fmt::format("{}: {}, from {} to {}{}.", which, a.label, value_text(a, range.low),
                       value_text(a, range.high), a.scale == Scale::linear ? "" : ", logarithmic");
  };
  return fmt::format(
      "{}. {} {} {}", f.subtitle,
      f.marks.empty() ? std::string("Lines.") : fmt::format("{} marks.", f.marks.size()),
      axis("Horizontal", f.x, true), axis("Vertical", f.y, false));
}

/// A line through the whole plot, at this place across it.
std::string across(const Frame& frame, bool is_vertical, double at) {
  const Box& p = frame.plot;
  return is_vertical ? fmt::format("M{} {}v{}", number(at), number(p.y), number(p.height))
                     : fmt::format("M{} {}h{}", number(p.x), number(at), number(p.width));
}

void add_grid(std::string& out, const Figure& f, const Frame& frame) {
  const Box& p = frame.plot;
  const auto vertical = [&](double value) { return across(frame, true, frame.x.at(value)); };
  const auto horizontal = [&](double value) { return across(frame, false, frame.y.at(value)); };
  std::string major, minor;
  for (const Tick& t : frame.x_ticks.major) major += vertical(t.value);
  for (const double v : frame.x_ticks.minor) minor += vertical(v);
  if (frame.is_crowded) {
    for (std::size_t i = 1; i < f.y.categories.size(); ++i) {  // between rows instead of in them
      const double y = p.y + p.height * static_cast<double>(i) / double(f.y.categories.size());
      major += across(frame, false, y);
    }
  } else {
    for (const Tick& t : frame.y_ticks.major) major += horizontal(t.value);
  }
  for (const double v : frame.y_ticks.minor) minor += horizontal(v);
  if (!minor.empty()) add(out, R"(<path class="grid minor" d="{}"/>)", minor);
  add(out, R"(<path class="grid" d="{}"/>)", major);
  const std::string left = f.y.categories.empty() ? fmt::format("v{}", number(p.height))
                                                  : fmt::format("m0 {}", number(p.height));
  add(out, R"(<path class="edge" d="M{} {}{}h{}"/>)", number(p.x), number(p.y), left,
      number(p.width));
}

void add_text(std::string& out, const Text& t) {
  const std::string anchor =
      std::string(t.anchor) == "start" ? "" : fmt::format(R"( text-anchor="{}")", t.anchor);
  add(out, R"(<text class="{}" x="{}" y="{}"{}>{}</text>)", t.role, number(t.x), number(t.y),
      anchor, escape(t.text));
}

std::string line_class(const Line& line) {
  return fmt::format("line{}{}{}", class_of(line.weight), line.dashed ? " dashed" : "",
                     colour_class(line.group));
}

std::string sample(const KeyEntry& e, const Figure& f) {
  using Sample = KeyEntry::Sample;
  const double left = e.x - kSampleWidth / 2.0;
  const auto mark = [&](const std::string& role, std::optional<std::size_t> group, double radius) {
    return fmt::format(R"(<path class="mark{}{}" d="{}"/>)", role, colour_class(group),
                       shape(group, e.x, e.y, radius));
  };
  const auto ink = [&](const char* role) {
    return fmt::format(R"(<path class="mark {}" d="{}"/>)", role, shape(0, e.x, e.y, kRadius));
  };
  switch (e.sample) {
    case Sample::group:
      return mark("", e.index, kRadius);
    case Sample::line:
      return fmt::format(R"(<path class="{}" d="M{} {}h{}"/>)", line_class(f.lines[e.index]),
                         number(left), number(e.y), number(kSampleWidth));
    case Sample::band:
      return fmt::format(R"(<path class="band" d="M{} {}h{w}v12h-{w}z"/>)", number(left),
                         number(e.y - 6.0), fmt::arg("w", number(kSampleWidth)));
    case Sample::hollow:
      return ink("hollow");
    case Sample::faint:
      return ink("faint");
    case Sample::strong:
      break;
  }
  const auto strong = std::ranges::find(f.marks, Weight::strong, &Mark::weight);
  return mark(" strong", strong == f.marks.end() ? std::nullopt : strong->group, kStrong * kRadius);
}

// --- data

/// The parts of an interval that its mark does not hide.
std::string bars(const Placed& p, const Frame& frame) {
  std::string d;
  const auto both = [&](double low, double high, double middle, auto&& part) {
    if (low > high) std::swap(low, high);
    if (low < middle - p.radius) part(low, middle - p.radius);
    if (high > middle + p.radius) part(middle + p.radius, high);
  };
  if (const auto& r = p.mark->x_range) {
    both(frame.x.at(r->low), frame.x.at(r->high), p.x, [&](double from, double to) {
      add(d, "M{} {}H{}", number(from), number(p.y), number(to));
    });
  }
  if (const auto& r = p.mark->y_range) {
    both(frame.y.at(r->low), frame.y.at(r->high), p.y, [&](double from, double to) {
      add(d, "M{} {}V{}", number(p.x), number(from), number(to));
    });
  }
  return d;
}

/// What is shown to whoever points at a mark.
std::string tooltip(const Figure& f, const Mark& m) {
  std::string text = m.name;
  const auto line = [&](const Axis& axis, double value, const std::optional<Range>& range) {
    if (!axis.categories.empty()) return;
    add(text, "\n{}: {}", axis.label, value_text(axis, value));
    if (!range) return;
    add(text, " (95 %: {} to {})", value_text(axis, range->low), value_text(axis, range->high));
  };
  line(f.x, m.x, m.x_range);
  line(f.y, m.y, m.y_range);
  if (m.group) add(text, "\n{}", f.groups[*m.group]);
  if (!m.remark.empty()) add(text, "\n{}", m.remark);
  return text;
}

void add_mark(std::string& out, const Figure& f, const Frame& frame, const Placed& p) {
  add(out, R"(<path class="mark{}{}{}" d="{}{}"><title>{}</title></path>)",
      colour_class(p.mark->group), p.mark->hollow ? " hollow" : "", class_of(p.mark->weight),
      bars(p, frame), shape(p.mark->group, p.x, p.y, p.radius), escape(tooltip(f, *p.mark)));
}

/// The corners of a line as it is drawn.
std::vector<Place> corners(const Line& line, const Frame& frame) {
  std::vector<Place> out;
  for (const Place& p : line.places) {
    const Place at{frame.x.at(p.x), frame.y.at(p.y)};
    if (line.steps && !out.empty()) out.push_back({at.x, out.back().y});
    out.push_back(at);
  }
  return out;
}

std::string path(const std::vector<Place>& places) {
  std::string d;
  for (const Place& p : places) {
    add(d, "{}{} {}", d.empty() ? "M" : "L", number(p.x), number(p.y));
  }
  return d;
}

void add_line(std::string& out, const Line& line, const Frame& frame) {
  add(out, R"(<path class="{}" d="{}">)", line_class(line), path(corners(line, frame)));
  if (!line.name.empty()) add(out, "<title>{}</title>", escape(line.name));
  out += "</path>";
}

void add_band(std::string& out, const Band& band, const Frame& frame) {
  std::vector<Place> outline;
  for (const Band::Slice& s : band.slices) {
    outline.push_back({frame.x.at(s.x), frame.y.at(s.y.high)});
  }
  for (const Band::Slice& s : std::views::reverse(band.slices)) {
    outline.push_back({frame.x.at(s.x), frame.y.at(s.y.low)});
  }
  add(out, R"(<path class="band" d="{}z"/>)", path(outline));
}

// --- names

/// Boxes along a line, small enough that no name lies across it.
void add_obstacles(std::vector<Box>& obstacles, const std::vector<Place>& places) {
  constexpr double kStep = 6.0;
  for (std::size_t i = 1; i < places.size(); ++i) {
    const Place a = places[i - 1], b = places[i];
    const auto steps = static_cast<int>(std::hypot(b.x - a.x, b.y - a.y) / kStep) + 1;
    for (int s = 0; s <= steps; ++s) {
      const double at = static_cast<double>(s) / steps;
      obstacles.push_back({std::lerp(a.x, b.x, at) - 1.5, std::lerp(a.y, b.y, at) - 1.5, 3.0, 3.0});
    }
  }
}

/// A line across the plot.
void add_reference(std::string& out, const Reference& r, const Frame& frame) {
  add(out, R"(<path class="reference" d="{}"/>)",
      across(frame, r.of_x, r.of_x ? frame.x.at(r.value) : frame.y.at(r.value)));
}

/// Above the plot for a vertical line, at its right end for a horizontal one.
Text name_of(const Reference& r, const Frame& frame) {
  const Box& p = frame.plot;
  if (!r.of_x) return {p.x + p.width - 4.0, frame.y.at(r.value) - 4.0, r.name, "name", "end"};
  const double half = kSmallSize * width_of(r.name) / 2.0;
  const double x = std::clamp(frame.x.at(r.value), half, std::max(half, frame.width - half));
  return {x, p.y - 5.0, r.name, "name", "middle"};
}

/// Names of references, but for those that would lie on another; returns where they are.
std::vector<Box> add_reference_names(std::string& out, const Figure& f, const Frame& frame) {
  std::vector<Box> taken;
  for (const Reference& r : f.references) {
    if (r.name.empty()) continue;
    const Text text = name_of(r, frame);
    const double width = kSmallSize * width_of(r.name);
    const Box box{text.x - width / (r.of_x ? 2.0 : 1.0), text.y - kSmallSize, width,
                  kSmallSize * 1.3};
    if (std::ranges::any_of(taken, [&](const Box& t) { return t.overlaps(box); })) continue;
    add_text(out, text);
    taken.push_back(box);
  }
  return taken;
}

/// A name that is farther from its mark is not drawn: it would be hard to say whose it is.
constexpr double kFarthestName = 80.0;

/// Where the names of categories stand, which are within the plot.
void add_category_names(std::vector<Box>& obstacles, const Frame& frame) {
  for (const Text& text : frame.texts) {
    if (std::string_view(text.role) != "category") continue;
    obstacles.push_back(
        {text.x, text.y - kTextSize, kTextSize * width_of(text.text), kTextSize * 1.3});
  }
}

/// Names beside the marks that want one, where they overlap nothing.
void add_names(std::string& out, const Figure& f, const Frame& frame,
               const std::vector<Placed>& marks, std::vector<Box> obstacles) {
  std::vector<Placed> named;
  std::vector<Label> wanted;
  for (const Mark& m : f.marks) {
    if (!m.named) continue;
    const auto p = std::ranges::find(marks, &m, &Placed::mark);
    named.push_back(*p);
    wanted.push_back({p->x, p->y, kSmallSize * width_of(m.name), kSmallSize * 1.2});
  }
  add_category_names(obstacles, frame);
  for (const Placed& p : marks) {
    obstacles.push_back(p.box());
    for (const Box& b : p.bars(frame)) obstacles.push_back(b);
  }
  for (const Line& line : f.lines) {
    if (line.weight != Weight::faint) add_obstacles(obstacles, corners(line, frame));
  }
  const auto placed = place_labels(wanted, obstacles, frame.plot, kFarthestName);
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!placed[i]) continue;
    const Box& box = placed[i]->box;
    if (placed[i]->needs_line) {
      add(out, R"(<path class="leader" d="M{} {}L{} {}"/>)", number(named[i].x), number(named[i].y),
          number(std::clamp(named[i].x, box.x, box.x + box.width)),
          number(std::clamp(named[i].y, box.y, box.y + box.height)));
    }
    // Towards its mark, since the box is wider than the text.
    const bool is_right = box.x >= named[i].x;
    const bool is_left = box.x + box.width <= named[i].x;
    const double x = is_right ? box.x : is_left ? box.x + box.width : box.x + box.width / 2.0;
    add_text(out, {x, box.y + kSmallSize * 0.95, named[i].mark->name, "name",
                   is_right  ? "start"
                   : is_left ? "end"
                             : "middle"});
  }
}

}  // namespace

Result<std::string> svg(const Figure& f) {
  if (const auto sound = check(f); !sound) return tl::unexpected(sound.error());
  const Frame frame = frame_of(f);
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="jm" role="img" viewBox="0 0 {0} {1}">)"
      "<title>{2}</title><desc>{3}</desc><style>{4}</style>"
      R"(<rect class="paper" width="{0}" height="{1}"/>)",
      number(frame.width), number(frame.height), escape(f.title), escape(in_words(f)), kStyle);
  add_grid(out, f, frame);
  for (const Band& b : f.bands) add_band(out, b, frame);
  for (const Reference& r : f.references) add_reference(out, r, frame);
  for (const Text& t : frame.texts) add_text(out, t);
  for (const KeyEntry& e : frame.key) out += sample(e, f);
  const std::vector<Placed> marks = place_marks(f, frame);
  for (const Weight weight : kWeights) {
    for (const Line& line : f.lines) {
      if (line.weight == weight) add_line(out, line, frame);
    }
    for (const Placed& p : marks) {
      if (p.mark->weight == weight) add_mark(out, f, frame, p);
    }
  }
  add_names(out, f, frame, marks, add_reference_names(out, f, frame));
  return out + "</svg>\n";
}

}  // namespace joulemark::figure

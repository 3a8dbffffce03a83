#include "report/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>

#include "figure/labels.hpp"
#include "figure/text.hpp"
#include "report/table.hpp"

namespace joulemark::report {
namespace {

using figure::Box;
using figure::escape;
using figure::Label;

constexpr double kFont = 13.0;
/// Width of a letter of the page's font, generous: a label that is narrower than thought is only
/// farther from its neighbours.
constexpr double kLetter = 0.58 * kFont;
constexpr double kMark = 4.5;      ///< half the size of a mark
constexpr double kBarRoom = 1.05;  ///< between the end of a bar and the edge, as a factor of energy

/// The area between the axes, and the way from values to user units.
class Scale {
 public:
  Scale(const Axes& axes, const PictureSize& size)
      : axes_(axes), area_{52.0, 26.0, size.width - 52.0 - 18.0, size.height - 26.0 - 52.0} {}
  const Box& area() const { return area_; }
  double x(double joules) const {
    const double span = std::log10(axes_.most_joules / axes_.least_joules);
    return area_.x + area_.width * std::log10(joules / axes_.least_joules) / span;
  }
  double y(double top1) const {
    const double span = axes_.most_top1 - axes_.least_top1;
    return area_.y + area_.height * (1.0 - (top1 - axes_.least_top1) / span);
  }

 private:
  Axes axes_;
  Box area_;
};

/// 1, 2 and 5 of every decade within the range.
std::vector<double> energy_ticks(const Axes& axes) {
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(axes.least_joules)));
  const int last = static_cast<int>(std::ceil(std::log10(axes.most_joules)));
  for (int decade = first; decade <= last; ++decade) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10.0, decade);
      const bool inside = tick >= axes.least_joules * 0.999 && tick <= axes.most_joules * 1.001;
      if (inside) ticks.push_back(tick);
    }
  }
  return ticks;
}

/// "20 mJ" rather than "20.0 mJ".
std::string tick_text(double joules) {
  const int power = static_cast<int>(std::floor(std::log10(joules) + 1e-9));
  static const std::map<int, const char*> kPrefixes = {{-9, "n"}, {-6, "µ"}, {-3, "m"},
                                                       {0, ""},   {3, "k"},  {6, "M"}};
  const int thousand = std::clamp(static_cast<int>(std::floor(power / 3.0)) * 3, -9, 6);
  return fmt::format("{:g} {}J", std::round(joules / std::pow(10.0, thousand) * 1e6) / 1e6,
                     kPrefixes.at(thousand));
}

/// A round step that gives about six ticks.
double accuracy_step(const Axes& axes) {
  const double span = axes.most_top1 - axes.least_top1;
  for (const double step : {0.5, 1.0, 2.0, 5.0, 10.0}) {
    if (span / step <= 7.0) return step;
  }
  return 20.0;
}

void grid(std::string& out, const Axes& axes, const Scale& scale, const PictureSize& size) {
  const Box& a = scale.area();
  auto to = std::back_inserter(out);
  double last_text_ends = 0.0;
  for (const double tick : energy_ticks(axes)) {
    const double x = scale.x(tick);
    fmt::format_to(to,
                   R"(<line class="grid" x1="{0:.1f}" y1="{1:.1f}" x2="{0:.1f}" y2="{2:.1f}"/>)", x,
                   a.y, a.y + a.height);
    const std::string text = tick_text(tick);
    const double half = kLetter * static_cast<double>(text.size()) / 2.0;
    if (x - half < last_text_ends || x + half > size.width) continue;
    last_text_ends = x + half + kLetter;
    fmt::format_to(to, R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)",
                   x, a.y + a.height + 18.0, text);
  }
  const double step = accuracy_step(axes);
  const auto first = static_cast<int>(std::ceil(axes.least_top1 / step));
  const auto last = static_cast<int>(std::floor(axes.most_top1 / step + 1e-9));
  for (int i = first; i <= last; ++i) {
    const double v = step * i;
    const double y = scale.y(v);
    fmt::format_to(to,
                   R"(<line class="grid" x1="{1:.1f}" y1="{0:.1f}" x2="{2:.1f}" y2="{0:.1f}"/>)", y,
                   a.x, a.x + a.width);
    fmt::format_to(to,
                   R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="end">{:g} %</text>)",
                   a.x - 6.0, y + kFont / 3.0, v);
  }
  fmt::format_to(to,
                 R"(<text class="axis" x="{:.1f}" y="{:.1f}" text-anchor="middle">)"
                 "energy per image, logarithmic</text>"
                 R"(<text class="axis" x="0" y="12">published top-1 accuracy</text>)",
                 a.x + a.width / 2.0, size.height - 8.0);
}

std::string mark(const std::string& policy, double x, double y) {
  const double r = kMark;
  if (policy == "batch_1") {
    return fmt::format(R"(<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>)", x, y,
                       r * 0.9);
  }
  if (policy == "throughput") {
    return fmt::format(
        R"(<path class="mark full" d="M{:.1f} {:.1f}l{r} {r}l-{r} {r}l-{r} -{r}z"/>)", x, y - r,
        fmt::arg("r", r));
  }
  if (policy == "min_energy") {
    return fmt::format(R"(<path class="mark full" d="M{:.1f} {:.1f}l{r} {h}h-{h}z"/>)", x, y - r,
                       fmt::arg("r", r), fmt::arg("h", 2.0 * r));
  }
  return fmt::format(R"(<rect class="mark" x="{:.1f}" y="{:.1f}" width="{s}" height="{s}"/>)",
                     x - r * 0.8, y - r * 0.8, fmt::arg("s", r * 1.6));
}

/// The ends of a bar, J. An interval that reaches 0 has no end on a logarithmic scale: it stops at
/// a twentieth of its value.
struct Ends {
  double low, high;
};
Ends ends(const Point& p, double rel) {
  return {p.joules * std::max(1.0 - rel, 0.05), p.joules * (1.0 + rel)};
}

void error_bar(std::string& out, const Point& p, const Scale& scale) {
  const double y = scale.y(p.top1);
  const auto bar = [&](double rel, const char* kind, double cap) {
    if (rel <= 0.0) return;
    const double from = scale.x(ends(p, rel).low);
    const double to = scale.x(ends(p, rel).high);
    fmt::format_to(std::back_inserter(out),
                   R"(<path class="{}" d="M{from:.1f} {y:.1f}H{to:.1f}M{from:.1f} {top:.1f})"
                   R"(v{cap}M{to:.1f} {top:.1f}v{cap}"/>)",
                   kind, fmt::arg("from", from), fmt::arg("to", to), fmt::arg("y", y),
                   fmt::arg("top", y - cap / 2.0), fmt::arg("cap", cap));
  };
  bar(p.total_rel, "bar", 7.0);
  bar(p.ci95_rel, "bar ci", 0.0);
}

/// Lines between the policies of one model, so that they are seen as one.
void connections(std::string& out, std::span<const Point> points, const Scale& scale) {
  std::map<std::string, std::vector<const Point*>> by_name;
  for (const Point& p : points) by_name[p.name].push_back(&p);
  for (auto& [name, of_name] : by_name) {
    std::sort(of_name.begin(), of_name.end(),
              [](const Point* a, const Point* b) { return a->joules < b->joules; });
    for (std::size_t i = 1; i < of_name.size(); ++i) {
      const Point& a = *of_name[i - 1];
      const Point& b = *of_name[i];
      fmt::format_to(std::back_inserter(out),
                     R"(<line class="link" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)",
                     scale.x(a.joules), scale.y(a.top1), scale.x(b.joules), scale.y(b.top1));
    }
  }
}

/// One label per model, at its point of least energy; with numbers, one per point.
void labels(std::string& out, std::span<const Point> points, const Scale& scale,
            const PictureSize& size) {
  std::vector<const Point*> named;
  std::map<std::string, bool> seen;
  for (const Point& p : points) {
    if (!size.names || !seen[p.name]) named.push_back(&p);
    seen[p.name] = true;
  }
  std::vector<Label> wanted;
  for (const Point* p : named) {
    const std::string& text = size.names ? p->name : p->number;
    wanted.push_back({scale.x(p->joules), scale.y(p->top1),
                      kLetter * static_cast<double>(text.size()), kFont * 1.1});
  }
  std::vector<Box> obstacles;
  for (const Point& p : points) {
    const Ends bar = ends(p, p.total_rel);
    const double left = std::min(scale.x(bar.low), scale.x(p.joules) - kMark);
    const double right = std::max(scale.x(bar.high), scale.x(p.joules) + kMark);
    obstacles.push_back({left, scale.y(p.top1) - kMark, right - left, 2 * kMark});
  }
  const auto placed = figure::place_labels(wanted, obstacles, scale.area());
  auto to = std::back_inserter(out);
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!placed[i]) continue;
    const Box& box = placed[i]->box;
    if (placed[i]->needs_line) {
      fmt::format_to(to,
                     R"(<line class="leader" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)",
                     wanted[i].x, wanted[i].y, std::clamp(wanted[i].x, box.x, box.x + box.width),
                     std::clamp(wanted[i].y, box.y, box.y + box.height));
    }
    // Towards its point, since the box is wider than the text.
    const bool right = box.x >= wanted[i].x;
    const bool left = box.x + box.width <= wanted[i].x;
    fmt::format_to(to, R"(<text class="label" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)",
                   right  ? box.x
                   : left ? box.x + box.width
                          : box.x + box.width / 2.0,
                   box.y + kFont * 0.85,
                   right  ? "start"
                   : left ? "end"
                          : "middle",
                   escape(size.names ? named[i]->name : named[i]->number));
  }
}

std::string in_words(std::span<const Point> points) {
  const auto by_energy = [](const Point& a, const Point& b) { return a.joules < b.joules; };
  const auto by_accuracy = [](const Point& a, const Point& b) { return a.top1 < b.top1; };
  const auto [low, high] = std::minmax_element(points.begin(), points.end(), by_energy);
  const auto best = std::max_element(points.begin(), points.end(), by_accuracy);
  return fmt::format(
      "{} points. Least energy: {} with {} per image at {:.1f} % top-1. Most: {} with {} at {:.1f} "
      "%. Most accurate: {} with {:.1f} %. The table has every number.",
      points.size(), escape(low->name), si(low->joules, "J"), low->top1, escape(high->name),
      si(high->joules, "J"), high->top1, escape(best->name), best->top1);
}

}  // namespace

Axes axes_for(std::span<const Point> points) {
  Axes a{points[0].joules, points[0].joules, points[0].top1, points[0].top1};
  for (const Point& p : points) {
    a.least_joules = std::min(a.least_joules, p.joules);
    a.most_joules = std::max(a.most_joules, p.joules);
    a.least_top1 = std::min(a.least_top1, p.top1);
    a.most_top1 = std::max(a.most_top1, p.top1);
  }
  // Room for marks at the edges and names beside them; at least a factor of four in energy; and no
  // bar leaves the picture.
  const double widen = std::max(1.25, 2.0 / std::sqrt(a.most_joules / a.least_joules));
  a.least_joules /= widen;
  a.most_joules *= widen;
  for (const Point& p : points) {
    a.least_joules = std::min(a.least_joules, ends(p, p.total_rel).low / kBarRoom);
    a.most_joules = std::max(a.most_joules, ends(p, p.total_rel).high * kBarRoom);
  }
  a.least_top1 = std::max(0.0, std::floor(a.least_top1 - 1.0));
  a.most_top1 = std::min(100.0, std::ceil(a.most_top1 + 1.0));
  return a;
}

std::string picture(std::span<const Point> points, const Axes& axes, const PictureSize& size,
                    const std::string& id) {
  const Scale scale(axes, size);
  std::string out = fmt::format(
      R"(<svg viewBox="0 0 {0} {1}" role="img" aria-labelledby="{2}-title {2}-desc">)"
      R"(<title id="{2}-title">Energy per image against published top-1 accuracy</title>)"
      R"(<desc id="{2}-desc">{3}</desc>)",
      size.width, size.height, escape(id), in_words(points));
  grid(out, axes, scale, size);
  connections(out, points, scale);
  for (const Point& p : points) error_bar(out, p, scale);
  for (const Point& p : points) {
    out += fmt::format(
        "<g>{}<title>{}, {} per image, top-1 {:.1f} %</title></g>",
        mark(p.policy, scale.x(p.joules), scale.y(p.top1)), escape(p.name),
        with_interval(p.joules, p.ci95_rel > 0.0 ? std::optional(p.ci95_rel) : std::nullopt),
        p.top1);
  }
  labels(out, points, scale, size);
  return out + "</svg>";
}

std::string policy_mark(const std::string& policy) {
  return R"(<svg class="key" viewBox="0 0 16 16" aria-hidden="true">)" + mark(policy, 8.0, 8.0) +
         "</svg>";
}

}  // namespace joulemark::report

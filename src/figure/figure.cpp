#include "figure/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace joulemark::figure {
namespace {

/// Calls `with` for every number that stands on an axis, with what it belongs to.
void each_value(const Figure& f, bool of_x,
                const std::function<void(double, const std::string&)>& with) {
  const auto both = [&](const Range& r, const std::string& of) {
    with(r.low, of);
    with(r.high, of);
  };
  for (const Mark& m : f.marks) {
    with(of_x ? m.x : m.y, m.name);
    if (const auto& range = of_x ? m.x_range : m.y_range) both(*range, m.name);
  }
  for (const Line& l : f.lines) {
    for (const Place& p : l.places) with(of_x ? p.x : p.y, l.name);
  }
  for (const Band& b : f.bands) {
    for (const Band::Slice& s : b.slices) {
      if (of_x) {
        with(s.x, b.name);
      } else {
        both(s.y, b.name);
      }
    }
  }
  for (const Reference& r : f.references) {
    if (r.of_x == of_x) with(r.value, r.name);
  }
}

/// No quantity is larger, and their differences are still numbers.
constexpr double kLargest = 1e100;

/// What is wrong with a value on this axis; empty for nothing.
std::string wrong(const Axis& axis, double value) {
  if (!std::isfinite(value)) return "is not finite";
  if (std::abs(value) > kLargest) return "is too large";
  if (axis.scale != Scale::linear && value <= 0.0) return "is not above 0 on a logarithmic axis";
  const bool outside =
      value < 0.0 || value != std::floor(value) || value >= double(axis.categories.size());
  if (!axis.categories.empty() && outside) return "is no category";
  return "";
}

Error cannot(const Figure& f, const std::string& why) {
  return {ErrorKind::invalid_input, fmt::format("figure '{}' cannot be drawn: {}", f.title, why),
          "Report this: an analysis described a figure wrongly"};
}

bool is_empty(const Figure& f) {
  return f.marks.empty() &&
         std::ranges::all_of(f.lines, [](const Line& l) { return l.places.empty(); });
}

bool is_turned(const std::optional<Range>& r) { return r && r->low > r->high; }

}  // namespace

Result<void> check(const Figure& f) {
  if (is_empty(f)) return tl::unexpected(cannot(f, "it shows nothing"));
  std::string problem;
  for (const bool of_x : {true, false}) {
    const Axis& axis = of_x ? f.x : f.y;
    each_value(f, of_x, [&](double value, const std::string& of) {
      const std::string why = wrong(axis, value);
      if (!why.empty()) problem = fmt::format("{} of '{}', {}, {}", axis.label, of, value, why);
    });
  }
  if (!f.x.categories.empty()) problem = "categories stand on the vertical axis only";
  for (const Line& l : f.lines) {
    if (l.group && *l.group >= f.groups.size())
      problem = fmt::format("'{}' is of no group", l.name);
  }
  for (const Mark& m : f.marks) {
    if (m.group && *m.group >= f.groups.size()) {
      problem = fmt::format("'{}' is of no group", m.name);
    }
    if (is_turned(m.x_range) || is_turned(m.y_range)) {
      problem = fmt::format("the ends of the interval of '{}' have changed places", m.name);
    }
  }
  if (!problem.empty()) return tl::unexpected(cannot(f, problem));
  return {};
}

Range extent(const Figure& f, bool of_x) {
  const Axis& axis = of_x ? f.x : f.y;
  if (!axis.categories.empty()) return {0.0, static_cast<double>(axis.categories.size()) - 1.0};
  Range all{INFINITY, -INFINITY};
  each_value(f, of_x, [&](double value, const std::string&) {
    all.low = std::min(all.low, value);
    all.high = std::max(all.high, value);
  });
  return all;
}

}  // namespace joulemark::figure

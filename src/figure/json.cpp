#include "figure/json.hpp"

#include <nlohmann/json.hpp>

namespace joulemark::figure {
namespace {

using nlohmann::ordered_json;

const char* name(Scale scale) {
  switch (scale) {
    case Scale::logarithmic:
      return "logarithmic";
    case Scale::powers_of_two:
      return "powers_of_two";
    case Scale::linear:
      break;
  }
  return "linear";
}

const char* name(Weight weight) {
  switch (weight) {
    case Weight::faint:
      return "faint";
    case Weight::strong:
      return "strong";
    case Weight::normal:
      break;
  }
  return "normal";
}

ordered_json json(const Axis& a) {
  ordered_json j = {{"label", a.label}, {"unit", a.unit}, {"scale", name(a.scale)}};
  if (a.reversed) j["reversed"] = true;
  if (!a.categories.empty()) j["categories"] = a.categories;
  return j;
}

ordered_json json(const Range& r) { return ordered_json::array_t{r.low, r.high}; }

/// What is as usual is left out: a figure has hundreds of marks. They are put together without a
/// list of pairs in braces, of which each would be an array before it is an entry.
ordered_json json(const Mark& m) {
  ordered_json::object_t j;
  j.reserve(8);
  j.emplace_back("name", m.name);
  j.emplace_back("x", m.x);
  j.emplace_back("y", m.y);
  if (m.x_range) j.emplace_back("x_range", json(*m.x_range));
  if (m.y_range) j.emplace_back("y_range", json(*m.y_range));
  if (m.group) j.emplace_back("group", *m.group);
  if (m.weight != Weight::normal) j.emplace_back("weight", name(m.weight));
  if (m.hollow) j.emplace_back("hollow", true);
  if (m.named) j.emplace_back("named", true);
  if (!m.remark.empty()) j.emplace_back("remark", m.remark);
  return j;
}

ordered_json json(const Line& l) {
  ordered_json j = {{"name", l.name}, {"places", ordered_json::array()}};
  for (const Place& p : l.places) j["places"].push_back({p.x, p.y});
  if (l.weight != Weight::normal) j["weight"] = name(l.weight);
  if (l.dashed) j["dashed"] = true;
  if (l.steps) j["steps"] = true;
  if (l.group) j["group"] = *l.group;
  return j;
}

ordered_json json(const Band& b) {
  ordered_json j = {{"name", b.name}, {"slices", ordered_json::array()}};
  for (const Band::Slice& s : b.slices) j["slices"].push_back({s.x, s.y.low, s.y.high});
  return j;
}

ordered_json json(const Reference& r) {
  return {{"axis", r.of_x ? "x" : "y"}, {"value", r.value}, {"name", r.name}};
}

template <class T>
ordered_json list(const std::vector<T>& things) {
  ordered_json all = ordered_json::array();
  for (const T& t : things) all.push_back(json(t));
  return all;
}

}  // namespace

ordered_json to_json(const Figure& f) {
  constexpr std::size_t kMostKeys = 13;
  // With room for all: an ordered object that grows copies what it holds, as its keys are const.
  ordered_json::object_t j;
  j.reserve(kMostKeys);
  j.emplace_back("title", f.title);
  j.emplace_back("subtitle", f.subtitle);
  j.emplace_back("x", json(f.x));
  j.emplace_back("y", json(f.y));
  j.emplace_back("groups", f.groups);
  j.emplace_back("marks", list(f.marks));
  j.emplace_back("lines", list(f.lines));
  if (!f.bands.empty()) j.emplace_back("bands", list(f.bands));
  if (!f.references.empty()) j.emplace_back("references", list(f.references));
  if (!f.hollow_means.empty()) j.emplace_back("hollow_means", f.hollow_means);
  if (!f.faint_means.empty()) j.emplace_back("faint_means", f.faint_means);
  if (!f.strong_means.empty()) j.emplace_back("strong_means", f.strong_means);
  j.emplace_back("notes", f.notes);
  return j;
}

}  // namespace joulemark::figure

#pragma once

#include <cmath>
#include <string>

#include "figure/figure.hpp"

/// Figures for tests.
namespace joulemark::figure::testing {

/// Accuracy against energy of `n` models, of two kinds, with a frontier.
inline Figure scatter(int n) {
  Figure f;
  f.title = "Accuracy against energy";
  f.subtitle = "n models";
  f.x = {"energy", "J", Scale::logarithmic};
  f.y = {"top-1", "%"};
  f.groups = {"CNN", "transformer"};
  Line line{"frontier", {}};
  line.steps = true;
  for (int i = 0; i < n; ++i) {
    const double joules = 0.004 * std::pow(100.0, static_cast<double>(i) / n);
    Mark m{"model_" + std::to_string(i), joules, 60.0 + 25.0 * i / n - (i % 7)};
    m.x_range = Range{0.9 * joules, 1.1 * joules};
    m.group = static_cast<std::size_t>(i % 2);
    m.named = i % 7 == 0;
    if (m.named) line.places.push_back({m.x, m.y});
    f.marks.push_back(m);
  }
  f.lines = {line};
  f.notes = {"Bars: 95 % intervals."};
  return f;
}

/// An estimate with its interval for each of some categories, among the points that it is of.
inline Figure forest(int points) {
  Figure f;
  f.title = "Ratios";
  f.x = {"ratio", "1", Scale::logarithmic};
  f.y.label = "pair";
  f.y.categories = {"a", "b", "c"};
  f.groups = {"models"};
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < points; ++i) {
      f.marks.push_back({"point", 0.5 + 0.001 * i, static_cast<double>(c)});
      f.marks.back().weight = Weight::faint;
      f.marks.back().group = 0;
    }
    f.marks.push_back({"mean", 0.5 + 0.1 * c, static_cast<double>(c)});
    f.marks.back().x_range = Range{0.4, 1.1};
    f.marks.back().weight = Weight::strong;
  }
  f.references = {{true, 1.0, "equal"}};
  return f;
}

}  // namespace joulemark::figure::testing

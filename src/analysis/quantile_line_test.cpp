#include "analysis/quantile_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace joulemark::analysis {
namespace {

using Numbers = std::vector<double>;

/// Three layers of points over each x, one apart.
struct Layers {
  Numbers x, y;
  Layers() {
    for (int i = 0; i < 10; ++i) {
      for (const double above : {-1.0, 0.0, 1.0}) {
        x.push_back(i);
        y.push_back(2.0 + 3.0 * i + above);
      }
    }
  }
};

TEST(QuantileLine, HasTheShareBelowIt) {
  const Layers points;
  for (const auto& [q, above] : {std::pair(0.1, -1.0), std::pair(0.5, 0.0), std::pair(0.9, 1.0)}) {
    const auto line = fit_quantile_line(points.x, points.y, q);
    ASSERT_TRUE(line);
    EXPECT_NEAR(line->slope, 3.0, 1e-12) << q;
    EXPECT_NEAR(line->intercept, 2.0 + above, 1e-12) << q;
  }
  EXPECT_NEAR(fit_quantile_line(points.x, points.y, 0.5)->loss, 10.0, 1e-12) << "20 times a half";
}

TEST(QuantileLine, IsNotMovedByAnOutlier) {
  Layers points;
  points.y.back() = 1e6;
  const auto line = fit_quantile_line(points.x, points.y, 0.5);
  EXPECT_NEAR(line->slope, 3.0, 1e-12);
  EXPECT_NEAR(line->intercept, 2.0, 1e-12);
}

/// No line through two points is better: the definition, pair by pair.
TEST(QuantileLine, IsTheBestOfAllPairs) {
  std::uint64_t state = 7;
  const auto uniform = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11U) * 0x1p-53;
  };
  for (int sample = 0; sample < 200; ++sample) {
    Numbers x, y;
    for (int i = 0; i < 25; ++i) {
      x.push_back(std::round(20.0 * uniform()));  // with ties
      y.push_back(0.3 * x.back() + 5.0 * uniform() * uniform());
      if (i % 5 != 0) continue;
      x.push_back(x.back());  // drawn twice
      y.push_back(y.back());
    }
    const double q = 0.05 + 0.9 * uniform();
    double best = HUGE_VAL;
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (x[i] == x[j]) continue;
        const double slope = (y[i] - y[j]) / (x[i] - x[j]);
        double loss = 0.0;
        for (std::size_t k = 0; k < x.size(); ++k) {
          const double residual = y[k] - y[i] - slope * (x[k] - x[i]);
          loss += std::max(q * residual, (q - 1.0) * residual);
        }
        best = std::min(best, loss);
      }
    }
    const auto line = fit_quantile_line(x, y, q);
    ASSERT_TRUE(line);
    EXPECT_NEAR(line->loss, best, 1e-9 * best) << sample;
  }
}

// However badly it is guessed where the points lie.
TEST(QuantileLine, OfPointsThatCountSeveralTimesIsThatOfThemAll) {
  std::uint64_t state = 20261127;
  const auto uniform = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11U) * 0x1p-53;
  };
  int corrected = 0;
  for (int sample = 0; sample < 300; ++sample) {
    const double width = 3.0 * uniform();  // of what is thought to be near
    const double astray = sample % 2 == 0 ? 0.0 : 4.0 * (uniform() - 0.5);
    const double q = 0.05 + 0.9 * uniform();
    TimedPoints points;
    Numbers x, y;
    for (int i = 0; i < 60; ++i) {
      points.x.push_back(std::round(20.0 * uniform()));
      points.y.push_back(0.3 * points.x.back() + 5.0 * uniform() * uniform());
      points.times.push_back(1.0 + std::floor(3.0 * uniform()));
      for (int k = 0; k < static_cast<int>(points.times.back()); ++k) {
        x.push_back(points.x.back());
        y.push_back(points.y.back());
      }
      const double residual = points.y.back() - 0.3 * points.x.back() - 5.0 * q * q - astray;
      points.sides.push_back(residual > width    ? Side::above
                             : residual < -width ? Side::below
                                                 : Side::near);
    }
    points.start = static_cast<std::size_t>(60.0 * uniform());
    const auto guessed = points.sides;
    const auto all = fit_quantile_line(x, y, q);
    const auto line = fit_quantile_line(points, q);
    ASSERT_TRUE(all);
    ASSERT_TRUE(line);
    EXPECT_NEAR(line->loss, all->loss, 1e-9 * all->loss) << sample;
    corrected += points.sides == guessed ? 0 : 1;
  }
  EXPECT_GT(corrected, 30);  // wrong guesses are part of this
  EXPECT_LT(corrected, 270);
}

TEST(QuantileLine, IsAbsentWhereThereIsNone) {
  EXPECT_FALSE(fit_quantile_line(Numbers{1, 2}, Numbers{1, 2}, 0.5));
  EXPECT_FALSE(fit_quantile_line(Numbers{1, 1, 1}, Numbers{1, 2, 3}, 0.5));
  EXPECT_FALSE(fit_quantile_line(Numbers{1, 2, 3}, Numbers{1, 2, HUGE_VAL}, 0.5));
}

}  // namespace
}  // namespace joulemark::analysis

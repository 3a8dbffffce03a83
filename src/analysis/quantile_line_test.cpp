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

/// However far the line moves from one time to the next, and however badly the first one is
/// expected.
TEST(QuantileLines, AreThoseOfAllPointsEachByItself) {
  std::uint64_t state = 20261127;
  const auto uniform = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11U) * 0x1p-53;
  };
  for (int sample = 0; sample < 100; ++sample) {
    const double q = 0.05 + 0.9 * uniform();
    Numbers at, y, times;
    for (int i = 0; i < 60; ++i) {
      at.push_back(1.0 + std::round(20.0 * uniform()));
      y.push_back(0.3 * at.back() + 5.0 * uniform() * uniform());
      times.push_back(1.0 + std::floor(3.0 * uniform()));
    }
    QuantileLines lines(y, times, q);
    if (sample % 2 == 0) lines.expect(at, {10.0 * uniform(), uniform() - 0.5, 0.0});
    double power = 1.0;
    for (int step = 0; step < 10; ++step) {
      power += sample % 3 == 0 ? 0.01 : 3.0 * (uniform() - 0.5);
      Numbers x, every_x, every_y;
      for (std::size_t i = 0; i < at.size(); ++i) {
        x.push_back(std::pow(at[i], power));
        every_x.insert(every_x.end(), static_cast<std::size_t>(times[i]), x.back());
        every_y.insert(every_y.end(), static_cast<std::size_t>(times[i]), y[i]);
      }
      const auto alone = fit_quantile_line(every_x, every_y, q);
      const auto line = lines.fit(x);
      ASSERT_TRUE(alone);
      ASSERT_TRUE(line);
      EXPECT_NEAR(line->loss, alone->loss, 1e-9 * alone->loss) << sample << ", " << step;
    }
  }
}

TEST(QuantileLine, IsAbsentWhereThereIsNone) {
  EXPECT_FALSE(fit_quantile_line(Numbers{1, 2}, Numbers{1, 2}, 0.5));
  EXPECT_FALSE(fit_quantile_line(Numbers{1, 1, 1}, Numbers{1, 2, 3}, 0.5));
  EXPECT_FALSE(fit_quantile_line(Numbers{1, 2, 3}, Numbers{1, 2, HUGE_VAL}, 0.5));
}

}  // namespace
}  // namespace joulemark::analysis

#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "analysis/testing/rows.hpp"

/// Rows for the tests of editions and scores.
namespace joulemark::score::testing {

/// With its one set of weights, tested on ImageNet.
inline analysis::Row tested(const std::string& architecture, double joules, double top1,
                            const std::string& setup = "gpu") {
  analysis::Row r = analysis::testing::row(architecture, joules, top1, setup);
  catalogue::Evaluation e{architecture, "best", 224, 0.95, "bicubic", {}};
  e.on[0] = catalogue::Accuracy{top1, top1 + 5.0};
  r.weights_tested.push_back({r.best_model, e, {}, "in1k", "mit"});
  return r;
}

/// On log2 E = -3 - 1.5 log2(error - 0.08), but for a hundredth up and down in turn, so that the
/// curve is known and has residuals; each is a member of the frontier.
inline double frontier_joules(double error) {
  return std::exp2(-3.0 - 1.5 * std::log2(error - 0.08));
}

/// `count` of them from 70 to 90 % top-1, and as many that take 2.5 times as much.
inline std::vector<analysis::Row> zoo(std::size_t count = 20, double times = 1.0,
                                      const std::string& setup = "gpu") {
  std::vector<analysis::Row> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const double error = 0.30 - 0.20 * static_cast<double>(i) / static_cast<double>(count - 1);
    const double joules = times * frontier_joules(error) * (i % 2 == 0 ? 1.01 : 0.99);
    const std::string number = std::to_string(i);
    const double top1 = 100.0 * (1.0 - error);
    rows.push_back(tested("good" + number, joules, top1, setup));
    rows.push_back(tested("poor" + number, 2.5 * joules, top1, setup));
  }
  return rows;
}

}  // namespace joulemark::score::testing

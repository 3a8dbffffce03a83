#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/outcome.hpp"
#include "analysis/pareto.hpp"
#include "analysis/row.hpp"
#include "base/result.hpp"

/// What accuracy costs: along a frontier, and of several models with at least as much of it.
namespace joulemark::analysis {

/// A measured model beside the accuracy that counts here: on one set of images.
struct Priced {
  const Row* row = nullptr;
  double accuracy = 0.0;  ///< top-1, percent
  double joules() const { return *row->energy_j_per_image; }
};
using Prices = std::vector<Priced>;

/// By top-1 on ImageNet, which all of these rows have.
Prices by_top1(const std::vector<const Row*>& rows);

std::vector<Candidate> candidates(const Prices& models);

/// Those that no other dominates, cheapest first, so also least accurate first. Errors: those of
/// standings.
Result<Prices> frontier_of(const Prices& models);

/// Accuracies that models are compared at: top-1 on ImageNet, percent.
inline constexpr double kLevels[] = {74, 76, 78, 80, 82, 84, 86, 88};

/// Of all with at least this accuracy, the one of least energy, the first among equals; null when
/// there is none.
const Priced* cheapest_with(const Prices& models, double accuracy);

/// What it costs to go from one model to another.
struct Step {
  double joules = 0.0;  ///< more
  Interval joules_ci95;
  double times = 1.0;
  Interval times_ci95;
};
/// Two models on one setup. From a model to itself it is 0 J and 1 time, exactly.
Step step(const Row& from, const Row& to);

/// A whole percent of accuracy, and what it takes.
struct PointPrice {
  double accuracy = 0.0;  ///< percent, at least
  const Priced* model = nullptr;
  std::optional<Step> more;  ///< than for one point less; absent at the first of them
};
/// Of every whole percent that a frontier reaches, from the first that its least accurate member
/// does not exceed.
std::vector<PointPrice> prices_by_point(const Prices& frontier);

/// Cells and columns of a table that has such prices: joules and times, each with its interval.
std::vector<Cell> cells_of(const std::optional<Step>& more);
std::vector<Column> columns_of_prices();

/// The last point: from the cheapest with at most one point less than the best, to the best. Absent
/// where only the best is as accurate.
struct LastPoint {
  const Priced* below = nullptr;
  const Priced* best = nullptr;
  Step step;
};
std::optional<LastPoint> last_point(const Prices& frontier);

}  // namespace joulemark::analysis

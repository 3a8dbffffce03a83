#include "analysis/price.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/common.hpp"

namespace joulemark::analysis {
namespace {

/// Published accuracies have three decimals at most: what differs by less is rounding.
constexpr double kSameAccuracy = 1e-9;

}  // namespace

Prices by_top1(const std::vector<const Row*>& rows) {
  Prices models;
  for (const Row* row : rows) models.push_back({row, *row->top1});
  return models;
}

std::vector<Candidate> candidates(const Prices& models) {
  std::vector<Candidate> out;
  for (const Priced& m : models) {
    out.push_back({m.accuracy, m.joules(), rel_of(*m.row, kSharedBetweenModels), site_of(*m.row)});
  }
  return out;
}

Result<Prices> frontier_of(const Prices& models) {
  const auto standing = standings(candidates(models));
  if (!standing) return tl::unexpected(standing.error());
  Prices members;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (on_frontier((*standing)[i])) members.push_back(models[i]);
  }
  std::ranges::sort(members, {}, &Priced::joules);
  return members;
}

const Priced* cheapest_with(const Prices& models, double accuracy) {
  const Priced* cheapest = nullptr;
  for (const Priced& m : models) {
    if (m.accuracy < accuracy - kSameAccuracy) continue;
    if (cheapest == nullptr || m.joules() < cheapest->joules()) cheapest = &m;
  }
  return cheapest;
}

Step step(const Row& from, const Row& to) {
  if (&from == &to) return {0.0, {0.0, 0.0}, 1.0, {1.0, 1.0}};
  const double e0 = *from.energy_j_per_image;
  const double e1 = *to.energy_j_per_image;
  const double r0 = rel_of(from, kSharedBetweenModels);
  const double r1 = rel_of(to, kSharedBetweenModels);
  // What two boards or temperatures differ by is a factor of one of them: here of the dearer.
  const double sites = rel_between(site_of(from), site_of(to));
  const double absolute = std::hypot(e0 * r0, e1 * r1, e1 * sites);
  const double relative = rel_between(from, to, kSharedBetweenModels);
  const double times = e1 / e0;
  return {e1 - e0, {e1 - e0 - absolute, e1 - e0 + absolute}, times, in_logarithm(times, relative)};
}

std::vector<PointPrice> prices_by_point(const Prices& frontier) {
  std::vector<PointPrice> prices;
  if (frontier.empty()) return prices;
  const Priced* before = nullptr;
  for (double wanted = std::ceil(frontier.front().accuracy - kSameAccuracy);
       const Priced* model = cheapest_with(frontier, wanted); wanted += 1.0) {
    prices.push_back({wanted, model, {}});
    if (before != nullptr) prices.back().more = step(*before->row, *model->row);
    before = model;
  }
  return prices;
}

std::vector<Cell> cells_of(const std::optional<Step>& more) {
  if (!more) return std::vector<Cell>(columns_of_prices().size());
  return {more->joules, more->joules_ci95.low, more->joules_ci95.high,
          more->times,  more->times_ci95.low,  more->times_ci95.high};
}

std::vector<Column> columns_of_prices() {
  return {{"marginal_j_per_point", "J", "more than for one point of accuracy less"},
          {"marginal_low", "J", "of its 95 % interval"},
          {"marginal_high", "J", "of its 95 % interval"},
          {"times", "1", "energy over that for one point of accuracy less"},
          {"times_low", "1", "of its 95 % interval"},
          {"times_high", "1", "of its 95 % interval"}};
}

std::optional<LastPoint> last_point(const Prices& frontier) {
  if (frontier.empty()) return std::nullopt;
  const Priced& best = frontier.back();
  const Priced* below = cheapest_with(frontier, best.accuracy - 1.0);
  if (below->accuracy == best.accuracy) return std::nullopt;
  return LastPoint{below, &best, step(*below->row, *best.row)};
}

}  // namespace joulemark::analysis

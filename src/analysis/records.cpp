#include "analysis/records.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "analysis/intervals.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

std::optional<double> slope_of(std::span<const Entry> entries, int last) {
  const auto records = records_of(entries, last);
  if (!records || records->holders.size() < kFewestYears) return std::nullopt;
  std::vector<double> years, prices;
  for (std::size_t i = 0; i < records->holders.size(); ++i) {
    years.push_back(records->first + static_cast<double>(i));
    prices.push_back(entries[records->holders[i]].price);
  }
  return fit_line(years, prices)->slope;
}

/// Of each group its own records, by year. No other of its entries can be a record of all: the
/// whole group is drawn and dealt, so the record before it is there as well.
using Groups = std::vector<std::vector<Entry>>;

Groups groups_of(std::span<const Entry> entries) {
  std::map<std::size_t, std::vector<Entry>> by_group;
  for (const Entry& e : entries) by_group[e.group].push_back(e);
  Groups groups;
  for (auto& [group, of_group] : by_group) {
    std::ranges::stable_sort(of_group, {},
                             [](const Entry& e) { return std::pair(e.year, e.price); });
    std::vector<Entry>& own = groups.emplace_back();
    for (const Entry& e : of_group) {
      if (own.empty() || e.price < own.back().price) own.push_back(e);
    }
  }
  return groups;
}

std::optional<Interval> interval_of(double slope, const Groups& groups, int last) {
  std::vector<Entry> drawn;
  const auto intervals =
      bootstrap(groups.size(),
                [&](std::span<const std::size_t> indices) -> std::optional<std::vector<double>> {
                  drawn.clear();
                  for (const std::size_t i : indices) {
                    drawn.insert(drawn.end(), groups[i].begin(), groups[i].end());
                  }
                  const auto again = slope_of(drawn, last);
                  return again ? std::optional(std::vector<double>{*again}) : std::nullopt;
                });
  if (intervals.empty()) return std::nullopt;
  const Interval draws = intervals.front();
  return Interval{std::min(draws.low, 2.0 * slope - draws.high),
                  std::max(draws.high, 2.0 * slope - draws.low)};
}

/// A group that is dealt another's first year keeps the distances between its own.
double chance_of(double slope, const Groups& groups, int last) {
  std::vector<int> first;
  for (const auto& group : groups) first.push_back(group.front().year);
  std::vector<Entry> dealt;
  return share_of_orders(groups.size(), [&](std::span<const std::size_t> order) {
    dealt.clear();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (Entry e : groups[i]) {
        e.year += first[order[i]] - first[i];
        dealt.push_back(e);
      }
    }
    const auto again = slope_of(dealt, last);
    return again && *again <= slope;
  });
}

}  // namespace

std::optional<Records> records_of(std::span<const Entry> entries, int last) {
  int first = last + 1;
  for (const Entry& e : entries) first = std::min(first, e.year);
  if (first > last) return std::nullopt;
  std::vector<const Entry*> best(static_cast<std::size_t>(last - first + 1));  // of each year's new
  for (const Entry& e : entries) {
    if (e.year > last) continue;
    const Entry*& of_year = best[static_cast<std::size_t>(e.year - first)];
    if (of_year == nullptr || e.price < of_year->price) of_year = &e;
  }
  Records records{first, {}};
  const Entry* holder = best.front();
  for (const Entry* of_year : best) {
    if (of_year != nullptr && of_year->price < holder->price) holder = of_year;
    records.holders.push_back(static_cast<std::size_t>(holder - entries.data()));
  }
  return records;
}

std::optional<Trend> trend_of(std::span<const Entry> entries, int last) {
  const auto slope = slope_of(entries, last);
  if (!slope) return std::nullopt;
  const Groups groups = groups_of(entries);
  if (groups.size() < kFewestToResample) return Trend{*slope, {}, {}};
  return Trend{*slope, interval_of(*slope, groups, last), chance_of(*slope, groups, last)};
}

}  // namespace joulemark::analysis

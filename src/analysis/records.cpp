#include "analysis/records.hpp"

#include <algorithm>
#include <map>

#include "analysis/intervals.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

std::optional<double> slope_of(std::span<const Offer> offers, int last) {
  const auto records = records_of(offers, last);
  if (!records || records->holders.size() < kFewestYears) return std::nullopt;
  std::vector<double> years, prices;
  for (std::size_t i = 0; i < records->holders.size(); ++i) {
    years.push_back(records->first + static_cast<double>(i));
    prices.push_back(offers[records->holders[i]].price);
  }
  return fit_line(years, prices)->slope;
}

}  // namespace

std::optional<Records> records_of(std::span<const Offer> offers, int last) {
  std::map<int, std::size_t> best;  // of what was new in each year
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (offers[i].year > last) continue;
    const auto [found, is_new] = best.try_emplace(offers[i].year, i);
    if (!is_new && offers[i].price < offers[found->second].price) found->second = i;
  }
  if (best.empty()) return std::nullopt;
  Records records{best.begin()->first, {}};
  std::size_t holder = best.begin()->second;
  for (int year = records.first; year <= last; ++year) {
    const auto found = best.find(year);
    if (found != best.end() && offers[found->second].price < offers[holder].price) {
      holder = found->second;
    }
    records.holders.push_back(holder);
  }
  return records;
}

std::optional<Trend> trend_of(std::span<const Offer> offers, int last) {
  const auto slope = slope_of(offers, last);
  if (!slope) return std::nullopt;
  std::map<std::size_t, std::vector<Offer>> by_group;
  for (const Offer& o : offers) by_group[o.group].push_back(o);
  if (by_group.size() < kFewestToResample) return Trend{*slope, std::nullopt};
  std::vector<std::vector<Offer>> groups;
  for (auto& [group, of_group] : by_group) groups.push_back(std::move(of_group));
  std::vector<Offer> drawn;
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
  return Trend{*slope, intervals.empty() ? std::nullopt : std::optional(intervals.front())};
}

}  // namespace joulemark::analysis

#include "analysis/records.hpp"

#include <algorithm>
#include <map>

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

}  // namespace

std::optional<Records> records_of(std::span<const Entry> entries, int last) {
  std::map<int, std::size_t> best;  // of what was new in each year
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].year > last) continue;
    const auto [found, is_new] = best.try_emplace(entries[i].year, i);
    if (!is_new && entries[i].price < entries[found->second].price) found->second = i;
  }
  if (best.empty()) return std::nullopt;
  Records records{best.begin()->first, {}};
  std::size_t holder = best.begin()->second;
  for (int year = records.first; year <= last; ++year) {
    const auto found = best.find(year);
    if (found != best.end() && entries[found->second].price < entries[holder].price) {
      holder = found->second;
    }
    records.holders.push_back(holder);
  }
  return records;
}

std::optional<Trend> trend_of(std::span<const Entry> entries, int last) {
  const auto slope = slope_of(entries, last);
  if (!slope) return std::nullopt;
  std::map<std::size_t, std::vector<Entry>> by_group;
  for (const Entry& e : entries) by_group[e.group].push_back(e);
  if (by_group.size() < kFewestToResample) return Trend{*slope, std::nullopt};
  std::vector<std::vector<Entry>> groups;
  for (auto& [group, of_group] : by_group) groups.push_back(std::move(of_group));
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
  return Trend{*slope, intervals.empty() ? std::nullopt : std::optional(intervals.front())};
}

}  // namespace joulemark::analysis

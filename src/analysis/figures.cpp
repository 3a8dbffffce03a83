#include "analysis/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include "analysis/common.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace joulemark::analysis {
namespace {

/// "Measured 2026-11-25 to 2026-11-26 with Joulemark."
std::string source(const std::vector<const Row*>& rows) {
  std::set<std::string> origins, days;
  for (const Row* row : rows) {
    if (!row->origin.empty()) origins.insert(row->origin);
    if (seconds_of_rfc3339(row->measured_at)) days.insert(row->measured_at.substr(0, 10));
  }
  std::string text = join_words({origins.begin(), origins.end()});
  if (text.empty()) text = "of unknown origin";
  text = fmt::format("Energies: Joulemark, {}", text);
  if (days.empty()) return text + ".";
  text += days.size() == 1 ? fmt::format(" on {}", *days.begin())
                           : fmt::format(" from {} to {}", *days.begin(), *days.rbegin());
  return text + ".";
}

}  // namespace

figure::Figure begin_figure(const Outcome& o, const std::vector<const Row*>& rows,
                            std::string title, std::string of) {
  figure::Figure f;
  f.title = std::move(title);
  f.subtitle = of.empty() ? fmt::format("n = {} {}", o.n, o.of) : std::move(of);
  if (!o.policy.empty()) f.subtitle += fmt::format(", policy {}", o.policy);
  if (!o.setup.empty()) f.subtitle += fmt::format(", setup {}", o.setup);
  f.notes.push_back(source(rows));
  if (!o.left_out.empty()) f.notes.push_back(left_out_in_words(o.left_out));
  return f;
}

std::vector<std::string> kinds() { return {"CNN", "transformer", "hybrid", "MLP", "other"}; }

std::size_t kind_of(const Row& row) {
  const std::vector<std::string> all = kinds();
  const auto found = std::ranges::find(all, row.kind);
  return std::min(static_cast<std::size_t>(found - all.begin()), all.size() - 1);
}

figure::Axis energy_axis() { return {"energy per image", "J", figure::Scale::logarithmic}; }
figure::Axis accuracy_axis() { return {"ImageNet top-1, published", "%"}; }

void name_farthest(std::vector<figure::Mark>& marks, const std::vector<double>& off) {
  constexpr std::size_t kNamed = 6;
  std::vector<std::size_t> order(marks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return off[i]; });
  order.resize(std::min(kNamed, order.size()));
  for (const std::size_t i : order) marks[i].named = off[i] > 0.0;
}

figure::Range range_of(double value, double rel) {
  const Interval ci95 = in_logarithm(value, rel);
  return {ci95.low, ci95.high};
}

}  // namespace joulemark::analysis

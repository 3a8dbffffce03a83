#include "measure/timeline.hpp"

#include <algorithm>

namespace joulemark::measure {
namespace {

double fraction(Instant from, Instant to, Instant t) {
  return to == from ? 0.0 : seconds(t - from) / seconds(to - from);
}

struct Edge {
  Instant at;
  Joules energy;
  Images images;
};

std::vector<Edge> usable_edges(std::span<const EnergyPoint> points,
                               const CompletionTimeline& timeline, Instant from, EdgeRule rule) {
  std::vector<Edge> edges;
  if (rule == EdgeRule::energy_points) {
    for (const EnergyPoint& p : points) {
      if (p.at < from) continue;
      if (const auto images = timeline.images_at(p.at)) edges.push_back({p.at, p.energy, *images});
    }
  } else {
    for (const Instant at : timeline.completions()) {
      if (at < from) continue;
      const auto energy = energy_at(points, at);
      const auto images = timeline.images_at(at);
      if (energy && images) edges.push_back({at, *energy, *images});
    }
  }
  return edges;
}

}  // namespace

void CompletionTimeline::add(Instant at) {
  at_.push_back(at_.empty() ? at : std::max(at, at_.back()));
}

std::optional<Nanoseconds> CompletionTimeline::mean_step() const {
  if (at_.size() < 2) return std::nullopt;
  return (at_.back() - at_.front()) / static_cast<std::int64_t>(at_.size() - 1);
}

std::optional<Images> CompletionTimeline::images_at(Instant t) const {
  if (at_.empty() || t < at_.front() || t > at_.back()) return std::nullopt;
  const auto after = std::upper_bound(at_.begin(), at_.end(), t);
  const auto done = static_cast<double>(after - at_.begin());
  const double begun = after == at_.end() ? 0.0 : fraction(*(after - 1), *after, t);
  return Images((done + begun) * static_cast<double>(batch_));
}

std::vector<double> CompletionTimeline::step_seconds(Instant from, Instant to) const {
  std::vector<double> result;
  const auto first = std::lower_bound(at_.begin(), at_.end(), from);
  for (auto it = first; it != at_.end() && *it <= to; ++it) {
    if (it != first) result.push_back(seconds(*it - *(it - 1)));
  }
  return result;
}

std::optional<Joules> energy_at(std::span<const EnergyPoint> points, Instant t) {
  if (points.empty() || t < points.front().at || t > points.back().at) return std::nullopt;
  const auto after =
      std::upper_bound(points.begin(), points.end(), t,
                       [](Instant value, const EnergyPoint& p) { return value < p.at; });
  if (after == points.end()) return points.back().energy;
  const EnergyPoint& a = *(after - 1);
  return a.energy + (after->energy - a.energy) * fraction(a.at, after->at, t);
}

std::optional<Joules> integrate(std::span<const meter::PowerSample> samples, Instant from,
                                Instant to, Nanoseconds longest_gap) {
  if (samples.empty() || samples.front().at > from || samples.back().at < to || to <= from) {
    return std::nullopt;
  }
  const auto power_at = [](const meter::PowerSample& a, const meter::PowerSample& b, Instant t) {
    return a.power + (b.power - a.power) * fraction(a.at, b.at, t);
  };
  Joules sum;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const auto& a = samples[i - 1];
    const auto& b = samples[i];
    const Instant lo = std::max(a.at, from);
    const Instant hi = std::min(b.at, to);
    if (hi <= lo) continue;
    if (b.at - a.at > longest_gap) return std::nullopt;
    sum += 0.5 * (power_at(a, b, lo) + power_at(a, b, hi)) * (hi - lo);
  }
  return sum;
}

std::vector<MeasuredWindow> cut_windows(std::span<const EnergyPoint> points,
                                        const CompletionTimeline& timeline, Instant from,
                                        Nanoseconds shortest, EdgeRule rule) {
  std::vector<MeasuredWindow> windows;
  const std::vector<Edge> edges = usable_edges(points, timeline, from, rule);
  std::size_t open = 0;
  for (std::size_t i = 1; i < edges.size(); ++i) {
    const Edge& a = edges[open];
    const Edge& b = edges[i];
    if (b.at - a.at < shortest || b.images <= a.images) continue;
    windows.push_back({a.at, b.at, b.energy - a.energy, b.images - a.images});
    open = i;
  }
  return windows;
}

}  // namespace joulemark::measure

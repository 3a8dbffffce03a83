#include "analysis/budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>

#include "analysis/common.hpp"
#include "analysis/select.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::array<std::string_view, std::size(kLimits)> kNames = {
    "accuracy", "energy", "throughput", "latency", "parameters", "kind", "licence"};

/// How a model stands towards one limit.
struct Kept {
  bool is_kept = true;
  bool is_uncertain = false;  ///< the other end of the interval is on the other side
  double value = 0.0;
  double wanted = 0.0;
  double misses_by = 0.0;  ///< relative; 0 where it is kept
};

constexpr double kNotKnown = std::numeric_limits<double>::infinity();

/// A number that may be at most, or at least, so much. `half` is half the width of its interval,
/// in its own unit.
Kept towards(const std::optional<double>& value, const std::optional<double>& limit, bool at_most,
             double half = 0.0) {
  if (!limit) return {};
  if (!value) return {false, false, 0.0, *limit, kNotKnown};
  const auto keeps = [&](double v) { return at_most ? v <= *limit : v >= *limit; };
  const bool is_kept = keeps(*value);
  const bool is_uncertain = is_kept && !keeps(at_most ? *value + half : *value - half);
  const double apart = std::abs(*value - *limit) / std::abs(*limit);
  return {is_kept, is_uncertain, *value, *limit, is_kept ? 0.0 : apart};
}

Kept word(bool is_kept) { return {is_kept, false, 0.0, 0.0, is_kept ? 0.0 : kNotKnown}; }

struct Considered {
  const Row* row;
  WeightsOn weights;
  std::array<Kept, std::size(kLimits)> kept;
};

/// In the order of kLimits.
std::array<Kept, std::size(kLimits)> kept_by(const Row& row, const WeightsOn& weights,
                                             bool has_licence, const Wanted& w) {
  // A limit is absolute, so all of the systematic term counts.
  const double rel = own_rel(row, {}).value_or(0.0);
  const double points = weights.top1 ? top1_ci95(*weights.top1, w.on) : 0.0;
  const bool is_kind = !w.kind || catalogue::kind_of(row.kind) == w.kind;
  return {towards(weights.top1, w.min_top1, false, points),
          towards(row.energy_j_per_image, w.max_joules, true, *row.energy_j_per_image * rel),
          towards(row.images_per_s, w.min_images_per_s, false),
          towards(row.latency_ms_p99, w.max_latency_ms, true),
          towards(row.parameters_m, w.max_parameters_m, true),
          word(is_kind),
          word(has_licence)};
}

/// Models with an accuracy on the set, whatever the licence.
std::vector<Considered> consider(const std::vector<const Row*>& rows, const Wanted& wanted) {
  std::vector<Considered> all;
  for (const Row* row : rows) {
    WeightsOn weights = best_on(*row, wanted.on, wanted.licence.empty() ? "*" : wanted.licence);
    const bool has_licence = weights.top1.has_value();
    if (!has_licence) weights = best_on(*row, wanted.on);
    if (!weights.top1) continue;
    all.push_back({row, weights, kept_by(*row, weights, has_licence, wanted)});
  }
  return all;
}

/// What ranks first is least.
std::tuple<double, double, std::string> place(const Considered& c, By by) {
  const double joules = *c.row->energy_j_per_image;
  const double top1 = *c.weights.top1;
  const std::string who = subject(*c.row);
  switch (by) {
    case By::accuracy:
      return {-top1, joules, who};
    case By::throughput:
      return {-c.row->images_per_s.value_or(0.0), joules, who};
    case By::energy:
      break;
  }
  return {joules, -top1, who};
}

std::vector<Pick> picks_of(std::vector<Considered>& kept, const Wanted& wanted) {
  std::ranges::sort(kept, {}, [&](const Considered& c) { return place(c, wanted.by); });
  std::vector<Pick> picks;
  for (const Considered& c : kept) {
    Pick pick{c.row, c.weights, {}, {}};
    for (const Limit limit : kLimits) {
      if (c.kept[static_cast<std::size_t>(limit)].is_uncertain) pick.uncertain.push_back(limit);
    }
    if (!picks.empty()) {
      pick.beside =
          beside(*c.row, c.weights.top1, *kept.front().row, kept.front().weights.top1, wanted.on);
    }
    picks.push_back(std::move(pick));
  }
  return picks;
}

std::vector<NearMiss> near_misses(const std::vector<Considered>& missed) {
  std::vector<NearMiss> near;
  for (const Limit limit : kLimits) {
    const auto at = static_cast<std::size_t>(limit);
    const Considered* nearest = nullptr;
    std::size_t of = 0;
    for (const Considered& c : missed) {
      const auto is_kept = [](const Kept& k) { return k.is_kept; };
      const bool is_alone =
          !c.kept[at].is_kept && std::ranges::count_if(c.kept, is_kept) == std::ssize(c.kept) - 1;
      if (!is_alone) continue;
      ++of;
      const bool is_known = c.kept[at].misses_by != kNotKnown;
      const bool is_nearer =
          nearest == nullptr || c.kept[at].misses_by < nearest->kept[at].misses_by;
      if (is_known && is_nearer) nearest = &c;
    }
    if (nearest == nullptr) continue;
    const Kept& kept = nearest->kept[at];
    near.push_back({limit, nearest->row, nearest->weights, kept.value, kept.wanted, of});
  }
  return near;
}

Result<void> check(const Wanted& w) {
  const auto above_zero = [](const std::optional<double>& v) {
    return !v || (std::isfinite(*v) && *v > 0.0);
  };
  const bool is_sound = above_zero(w.min_top1) && w.min_top1.value_or(1.0) <= 100.0 &&
                        above_zero(w.max_joules) && above_zero(w.min_images_per_s) &&
                        above_zero(w.max_latency_ms) && above_zero(w.max_parameters_m);
  if (is_sound) return {};
  return fail(ErrorKind::invalid_input, "a limit that no model can keep",
              "Limits are above 0, and an accuracy is a percentage of at most 100");
}

}  // namespace

std::string_view name(Limit limit) { return kNames[static_cast<std::size_t>(limit)]; }

Result<Answer> within_budget(std::span<const Row> rows, const std::string& policy,
                             const Wanted& wanted) {
  if (const auto sound = check(wanted); !sound) return tl::unexpected(sound.error());
  if (const auto sound = check_accuracies(rows); !sound) return tl::unexpected(sound.error());
  const auto choice = most_measured(rows, policy);
  if (!choice) return tl::unexpected(choice.error());
  const auto considered = consider(choose(rows, choice->setup, policy).rows, wanted);
  Answer answer{choice->setup, policy, considered.size(), {}, {}, choice->others};
  std::vector<Considered> kept, missed;
  for (const Considered& c : considered) {
    const bool keeps_all = std::ranges::all_of(c.kept, [](const Kept& k) { return k.is_kept; });
    (keeps_all ? kept : missed).push_back(c);
  }
  answer.picks = picks_of(kept, wanted);
  answer.near = near_misses(missed);
  return answer;
}

namespace {

std::string energy_words(const Beside& b) {
  const std::string interval = times(b.times, b.ci95);
  return b.is_distinguishable()
             ? fmt::format("takes {} the energy", interval)
             : fmt::format("takes {} the energy, which cannot be told apart", interval);
}

std::string accuracy_words(const Beside& b) {
  const std::string points =
      fmt::format("{:.2f} ± {:.2f} points {}", std::abs(*b.points), *b.points_ci95,
                  *b.points < 0.0 ? "less accurate" : "more accurate");
  return std::abs(*b.points) > *b.points_ci95 ? points : points + ", which cannot be told apart";
}

}  // namespace

std::string why_behind(const Pick& pick, By by) {
  if (!pick.beside) return "";
  const Beside& b = *pick.beside;
  switch (by) {
    case By::accuracy:
      return fmt::format("{}; {}", accuracy_words(b), energy_words(b));
    case By::throughput:
      if (!b.times_throughput) return "its throughput is not known; " + energy_words(b);
      return fmt::format("has {:.2f} times the throughput; {}", *b.times_throughput,
                         energy_words(b));
    case By::energy:
      break;
  }
  return fmt::format("{}; {}", energy_words(b), accuracy_words(b));
}

}  // namespace joulemark::analysis

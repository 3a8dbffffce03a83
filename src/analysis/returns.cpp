#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/fits.hpp"

namespace joulemark::analysis {
namespace {

/// Published accuracies have three decimals at most: what differs by less is rounding.
constexpr double kSameAccuracy = 1e-9;
/// Burnham and Anderson, Model Selection and Multimodel Inference, ch. 2.6: below the first, both
/// forms have support; beyond the second, one has practically none.
constexpr double kSomeDifference = 2.0;
constexpr double kClearDifference = 10.0;

/// Those on the frontier, cheapest first, so also least accurate first.
using Members = std::vector<const Row*>;

Result<Members> members_of(const std::vector<const Row*>& rows) {
  const auto standing = standings(candidates(rows));
  if (!standing) return tl::unexpected(standing.error());
  Members members;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (on_frontier((*standing)[i])) members.push_back(rows[i]);
  }
  std::ranges::sort(members, {}, [](const Row* r) { return *r->energy_j_per_image; });
  return members;
}

/// The cheapest with at least this accuracy; null when there is none.
const Row* cheapest_with(const Members& members, double top1) {
  const auto found =
      std::ranges::find_if(members, [&](const Row* r) { return *r->top1 >= top1 - kSameAccuracy; });
  return found == members.end() ? nullptr : *found;
}

/// What it costs to go from one member to another.
struct Step {
  double joules = 0.0;  ///< more
  Interval joules_ci95;
  double times = 1.0;
  Interval times_ci95;
};
Step step(const Row* from, const Row* to) {
  if (from == to) return {0.0, {0.0, 0.0}, 1.0, {1.0, 1.0}};
  const double e0 = *from->energy_j_per_image;
  const double e1 = *to->energy_j_per_image;
  const double r0 = rel_of(*from, kSharedBetweenModels);
  const double r1 = rel_of(*to, kSharedBetweenModels);
  // What two boards differ by is a factor of one of them: here of the dearer.
  const double boards = of_two_boards(from->board, to->board) ? kBetweenBoards : 0.0;
  const double absolute = std::hypot(e0 * r0, e1 * r1, e1 * boards);
  const double relative = rel_between(*from, *to, kSharedBetweenModels);
  const double times = e1 / e0;
  return {e1 - e0,
          {e1 - e0 - absolute, e1 - e0 + absolute},
          times,
          {times * std::exp(-relative), times * std::exp(relative)}};
}

// --- point by point

/// The cheapest member with so much accuracy, and what it costs more than for one point less.
struct Priced {
  double wanted = 0.0;  ///< a whole percent
  const Row* row = nullptr;
  std::optional<Step> step;  ///< absent for the first
};
std::vector<Priced> price_points(const Members& members) {
  std::vector<Priced> prices;
  for (double wanted = std::ceil(*members.front()->top1 - kSameAccuracy);
       const Row* row = cheapest_with(members, wanted); wanted += 1.0) {
    prices.push_back({wanted, row, {}});
    if (prices.size() > 1) prices.back().step = step(prices[prices.size() - 2].row, row);
  }
  return prices;
}

void add_table(Outcome& o, const std::vector<Priced>& prices) {
  o.columns = {{"imagenet_top1_at_least", "%", "accuracy that is wanted"},
               {"model", "", "of those on the frontier with it, the one of least energy"},
               {"weights", "", "those published whose top-1 is highest at this size"},
               {"imagenet_top1", "%", "its accuracy, published"},
               {"energy_j_per_image", "J", "its gross energy per image"},
               {"marginal_j_per_point", "J", "more than for one point of accuracy less"},
               {"marginal_low", "J", "of its 95 % interval"},
               {"marginal_high", "J", "of its 95 % interval"},
               {"times", "1", "energy over that for one point of accuracy less"},
               {"times_low", "1", "of its 95 % interval"},
               {"times_high", "1", "of its 95 % interval"},
               {"run", "", "identifier of the measurement"}};
  for (const auto& [wanted, row, step] : prices) {
    std::vector<Cell> cells = {wanted, subject(*row), row->best_model, *row->top1,
                               *row->energy_j_per_image};
    if (step) {
      for (const double v : {step->joules, step->joules_ci95.low, step->joules_ci95.high,
                             step->times, step->times_ci95.low, step->times_ci95.high}) {
        cells.emplace_back(v);
      }
      o.values.push_back({"marginal_joules", fmt::format("{:g} % -> {:g} %", wanted - 1.0, wanted),
                          "J", step->joules, step->joules_ci95, "", 2});
    } else {
      cells.resize(cells.size() + 6);
    }
    cells.emplace_back(row->run);
    o.rows.push_back(std::move(cells));
  }
  if (o.values.empty()) return;
  const Value& last = o.values.back();
  o.sentences.push_back(
      fmt::format("The last whole percent of top-1, {}, takes {} more per image (95 %: {} to {}).",
                  last.about, joules(last.value), joules(last.ci95->low), joules(last.ci95->high)));
}

/// "The last point cost N times": from one point below the best to the best.
void add_last_point(Outcome& o, const Members& members) {
  const Row* best = members.back();
  const Row* below = cheapest_with(members, *best->top1 - 1.0);
  if (below == best) {
    o.sentences.push_back(fmt::format(
        "What the last point of accuracy costs cannot be said: no other member of the frontier is "
        "within a point of {} ({} %).",
        subject(*best), digits(*best->top1)));
    return;
  }
  const Step last = step(below, best);
  o.values.push_back({"last_point_times", "", "1", last.times, last.times_ci95, "", 2});
  o.values.push_back({"last_point_joules", "", "J", last.joules, last.joules_ci95, "", 2});
  o.sentences.push_back(
      fmt::format("The last point costs {} times the energy, {} more per image: the most accurate "
                  "is {} ({} %), "
                  "and the cheapest with at most one point less is {} ({} %).",
                  with_interval(last.times, last.times_ci95), joules(last.joules), subject(*best),
                  digits(*best->top1), subject(*below), digits(*below->top1)));
}

/// The same for the whole frontier: energy doubles every so many points, on average.
void add_slope(Outcome& o, const Members& members) {
  const Row* first = members.front();
  const Row* best = members.back();
  const double points = *best->top1 - *first->top1;
  const Step all = step(first, best);
  o.values.push_back({"whole_frontier_times", "", "1", all.times, all.times_ci95, "", 2});
  o.sentences.push_back(
      fmt::format("The {} points from {} ({} %) to {} ({} %) cost {} times the energy.",
                  digits(points), subject(*first), digits(*first->top1), subject(*best),
                  digits(*best->top1), with_interval(all.times, all.times_ci95)));
}

// --- the two forms

std::string verdict(double difference) {
  if (std::abs(difference) < kSomeDifference) return "the points do not tell which form is better";
  const char* better = difference < 0.0 ? "the floored power law" : "the double exponential";
  const bool is_clear = std::abs(difference) >= kClearDifference;
  return fmt::format("{} is {} better", better, is_clear ? "clearly" : "somewhat");
}

/// Absent where there are none, which a sentence then says.
std::optional<Fits> add_fits(Outcome& o, const Members& members) {
  if (members.size() < kFewestToFit) {
    o.sentences.push_back(
        fmt::format("Too few members of the frontier ({}) to fit a form: {} are needed.",
                    members.size(), kFewestToFit));
    return std::nullopt;
  }
  std::vector<Point> points;
  for (const Row* r : members) points.push_back({1.0 - *r->top1 / 100.0, *r->energy_j_per_image});
  const auto fits = fit_both(points);
  if (!fits) {
    o.sentences.emplace_back(
        "No form was fitted: the members of the frontier have fewer than three different "
        "accuracies, "
        "or lie on a form exactly.");
    return std::nullopt;
  }
  constexpr const char* kUndrawn = "too many resamples of so few points have no fit";
  constexpr const char* kCriterion = "a criterion of these points";
  const std::size_t n = points.size();
  const auto add = [&](const char* name, const char* unit, double value,
                       const std::optional<Interval>& ci95, const char* none) {
    o.values.push_back({name, "", unit, value, ci95, ci95 ? "" : none, n});
  };
  add("floored_power_gamma", "1", fits->power.gamma, fits->gamma_ci95, kUndrawn);
  add("floored_power_floor", "1", fits->power.floor, fits->floor_ci95, kUndrawn);
  add("floored_power_c", "1", fits->power.c, std::nullopt, "depends on the floor");
  add("double_exponential_b", "1", fits->exponential.b, fits->b_ci95, kUndrawn);
  add("double_exponential_a", "1", fits->exponential.a, std::nullopt, "depends on b");
  add("double_exponential_c", "1", fits->exponential.c, std::nullopt, "depends on b");
  add("floored_power_aicc", "1", fits->power_aicc, std::nullopt, kCriterion);
  add("double_exponential_aicc", "1", fits->exponential_aicc, std::nullopt, kCriterion);
  const double difference = fits->power_aicc - fits->exponential_aicc;
  add("aicc_difference", "1", difference, std::nullopt, kCriterion);
  const bool has_floor = !fits->power.at_limit && fits->floor_ci95;
  o.sentences.push_back(fmt::format(
      "Floored power law over {} members: energy goes with (error - floor) ^ -gamma; gamma is {}, "
      "the floor {}.",
      n, with_interval(fits->power.gamma, fits->gamma_ci95, kUndrawn),
      has_floor ? fmt::format("{} (95 %: {} to {})", percent(fits->power.floor),
                              percent(fits->floor_ci95->low), percent(fits->floor_ci95->high))
                : fmt::format("{}, the limit of what is looked for", percent(fits->power.floor))));
  o.sentences.push_back(
      fmt::format("AICc of the power law less that of the double exponential is {}: {} (n = {}).",
                  digits(difference), verdict(difference), n));
  if (fits->power.gamma <= 0.0 || fits->exponential.a <= 0.0) {
    o.caveats.emplace_back("A fitted form falls with accuracy: it does not describe these points.");
  }
  if (fits->exponential.at_limit) {
    o.caveats.emplace_back(
        "The double exponential's b is at the limit of what is looked for: it cannot be told from "
        "a "
        "plain exponential, or bends at the last point alone.");
  }
  o.caveats.emplace_back(
      "Members of a frontier are extremes of all models, not independent draws: AICc compares the "
      "forms, and intervals say how much they depend on single members.");
  return fits;
}

/// A fitted form from the least to the greatest accuracy of the members. A form whose floor is the
/// least error rises without end there: what is far above all members is left out.
template <class Form>
figure::Line curve(const char* name, const Form& form, const Members& members) {
  constexpr int kPieces = 60;
  const double from = *members.front()->top1, to = *members.back()->top1;
  const double most = 2.0 * *members.back()->energy_j_per_image;
  figure::Line line{name, {}};
  for (int i = 0; i <= kPieces; ++i) {
    const double top1 = std::lerp(from, to, static_cast<double>(i) / kPieces);
    const double joules = std::exp2(form.log2_joules(1.0 - top1 / 100.0));
    if (joules > 0.0 && joules < most) line.places.push_back({top1, joules});
  }
  return line;
}

void add_figure(Outcome& o, const Members& members, const std::optional<Fits>& fits) {
  figure::Figure f = begin_figure(o, members, "What more accuracy costs");
  f.x = accuracy_axis();
  f.y = energy_axis();
  f.groups = kinds();
  for (const Row* row : std::views::reverse(members)) {  // the most accurate are named first
    figure::Mark m{subject(*row), *row->top1, *row->energy_j_per_image};
    m.y_range = range_of(m.y, rel_of(*row, kSharedBetweenModels));
    m.group = kind_of(*row);
    m.named = true;
    f.marks.push_back(std::move(m));
  }
  if (fits) {
    f.lines = {curve("floored power law", fits->power, members),
               curve("double exponential", fits->exponential, members)};
    f.lines.back().dashed = true;
  }
  f.notes.insert(f.notes.begin(), kBarsBesideModels);
  o.figures.push_back(std::move(f));
}

void add_price_figure(Outcome& o, const Members& members, const std::vector<Priced>& prices) {
  figure::Figure f = begin_figure(o, members, "What one more point of accuracy costs");
  f.part = "point";
  f.x = accuracy_axis();
  f.x.label = "ImageNet top-1 that is wanted";
  f.y = {"energy per image, more than for one point less", "J"};
  f.groups = kinds();
  std::vector<double> off;
  for (const auto& [wanted, row, step] : prices) {
    if (!step) continue;
    figure::Mark m{subject(*row), wanted, step->joules};
    m.y_range = figure::Range{step->joules_ci95.low, step->joules_ci95.high};
    m.group = kind_of(*row);
    m.remark = fmt::format("{} times (95 %: {} to {})", digits(step->times),
                           digits(step->times_ci95.low), digits(step->times_ci95.high));
    off.push_back(step->joules);
    f.marks.push_back(std::move(m));
  }
  if (f.marks.empty()) return;
  name_farthest(f.marks, off);
  f.notes.insert(f.notes.begin(),
                 {kBarsBesideModels, "0 where the same model has both accuracies."});
  o.figures.push_back(std::move(f));
}

}  // namespace

Result<Outcome> returns(const Input& input) {
  auto begun = begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  const auto members = members_of(begun->chosen.rows);
  if (!members) return tl::unexpected(members.error());
  const bool is_one = members->empty() || *members->front()->top1 == *members->back()->top1;
  if (is_one) {
    return too_few(
        *begun, "the frontier has no two members of different accuracy, so nothing has a price.");
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  o.n = members->size();
  o.of = fmt::format("members of the frontier of {}",
                     count(begun->chosen.rows.size(), "model", "models"));
  const std::vector<Priced> prices = price_points(*members);
  add_table(o, prices);
  add_last_point(o, *members);
  add_slope(o, *members);
  add_figure(o, *members, add_fits(o, *members));
  add_price_figure(o, *members, prices);
  return std::move(o);
}

}  // namespace joulemark::analysis

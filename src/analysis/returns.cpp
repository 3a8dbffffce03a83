#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ranges>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/fits.hpp"
#include "analysis/price.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

// --- point by point

void add_table(Outcome& o, const std::vector<PointPrice>& prices) {
  o.columns = {{"imagenet_top1_at_least", "%", "accuracy that is wanted"},
               {"model", "", "of those on the frontier with it, the one of least energy"},
               {"weights", "", "those published whose top-1 is highest at this size"},
               {"imagenet_top1", "%", "its accuracy, published"},
               {"energy_j_per_image", "J", "its gross energy per image"}};
  std::ranges::copy(columns_of_prices(), std::back_inserter(o.columns));
  o.columns.push_back({"run", "", "identifier of the measurement"});
  for (const PointPrice& price : prices) {
    const Row& row = *price.model->row;
    std::vector<Cell> cells = {price.accuracy, subject(row), row.best_model, *row.top1,
                               *row.energy_j_per_image};
    std::ranges::copy(cells_of(price.more), std::back_inserter(cells));
    if (const auto& more = price.more) {
      o.values.push_back({"marginal_joules",
                          fmt::format("{:g} % -> {:g} %", price.accuracy - 1.0, price.accuracy),
                          "J", more->joules, more->joules_ci95, "", 2});
    }
    cells.emplace_back(row.run);
    o.rows.push_back(std::move(cells));
  }
  if (o.values.empty()) return;
  const Value& last = o.values.back();
  o.sentences.push_back(
      fmt::format("The last whole percent of top-1, {}, takes {} more per image (95 %: {} to {}).",
                  last.about, joules(last.value), joules(last.ci95->low), joules(last.ci95->high)));
}

/// "The last point cost N times": from one point below the best to the best.
void add_last_point(Outcome& o, const Prices& members) {
  const auto last = last_point(members);
  if (!last) {
    o.sentences.push_back(fmt::format(
        "What the last point of accuracy costs cannot be said: no other member of the frontier is "
        "within a point of {} ({} %).",
        subject(*members.back().row), digits(members.back().accuracy)));
    return;
  }
  const Step& s = last->step;
  o.values.push_back({"last_point_times", "", "1", s.times, s.times_ci95, "", 2});
  o.values.push_back({"last_point_joules", "", "J", s.joules, s.joules_ci95, "", 2});
  o.sentences.push_back(fmt::format(
      "The last point costs {} times the energy, {} more per image: the most accurate is {} ({} "
      "%), and the cheapest with at most one point less is {} ({} %).",
      with_interval(s.times, s.times_ci95), joules(s.joules), subject(*last->best->row),
      digits(last->best->accuracy), subject(*last->below->row), digits(last->below->accuracy)));
}

/// The same for the whole frontier.
void add_whole(Outcome& o, const Prices& members) {
  const Priced& first = members.front();
  const Priced& best = members.back();
  const Step all = step(*first.row, *best.row);
  o.values.push_back({"whole_frontier_times", "", "1", all.times, all.times_ci95, "", 2});
  o.values.push_back({"whole_frontier_points",
                      "",
                      "%",
                      best.accuracy - first.accuracy,
                      {},
                      "between two published accuracies",
                      2});
  o.sentences.push_back(fmt::format(
      "The {} points from {} ({} %) to {} ({} %) cost {} times the energy.",
      digits(best.accuracy - first.accuracy), subject(*first.row), digits(first.accuracy),
      subject(*best.row), digits(best.accuracy), with_interval(all.times, all.times_ci95)));
}

// --- the two forms

/// Of a difference of AIC or AICc.
std::string verdict(double difference) {
  if (std::abs(difference) < kSomeDifference) return "the points do not tell which form is better";
  const char* better = difference < 0.0 ? "the floored power law" : "the double exponential";
  const bool is_clear = std::abs(difference) >= kClearDifference;
  return fmt::format("{} is {} better", better, is_clear ? "clearly" : "somewhat");
}

double error_at(double accuracy) { return 1.0 - accuracy / 100.0; }

std::vector<Point> points_of(const Prices& models) {
  std::vector<Point> points;
  for (const Priced& m : models) points.push_back({error_at(m.accuracy), m.joules()});
  return points;
}

/// Absent where there are none, which a sentence then says.
std::optional<Fits> add_fits(Outcome& o, const Prices& members) {
  if (members.size() < kFewestToFit) {
    o.sentences.push_back(
        fmt::format("Too few members of the frontier ({}) to fit a form: {} are needed.",
                    members.size(), kFewestToFit));
    return std::nullopt;
  }
  const std::vector<Point> points = points_of(members);
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
figure::Line curve(const char* name, const Form& form, const Prices& members) {
  constexpr int kPieces = 60;
  const double from = members.front().accuracy, to = members.back().accuracy;
  const double most = 2.0 * members.back().joules();
  figure::Line line{name, {}};
  for (int i = 0; i <= kPieces; ++i) {
    const double top1 = std::lerp(from, to, static_cast<double>(i) / kPieces);
    const double joules = std::exp2(form.log2_joules(1.0 - top1 / 100.0));
    if (joules > 0.0 && joules < most) line.places.push_back({top1, joules});
  }
  return line;
}

std::vector<const Row*> rows_of(const Prices& models) {
  std::vector<const Row*> rows;
  for (const Priced& m : models) rows.push_back(m.row);
  return rows;
}

void add_figure(Outcome& o, const Prices& members, const std::optional<Fits>& fits) {
  figure::Figure f = begin_figure(o, rows_of(members), "What more accuracy costs");
  f.x = accuracy_axis();
  f.y = energy_axis();
  f.groups = kinds();
  for (const Priced& p : std::views::reverse(members)) {  // the most accurate are named first
    figure::Mark m{subject(*p.row), p.accuracy, p.joules()};
    m.y_range = range_of(m.y, rel_of(*p.row, kSharedBetweenModels));
    m.group = kind_of(*p.row);
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

void add_price_figure(Outcome& o, const Prices& members, const std::vector<PointPrice>& prices) {
  figure::Figure f = begin_figure(o, rows_of(members), "What one more point of accuracy costs");
  f.part = "point";
  f.x = accuracy_axis();
  f.x.label = "ImageNet top-1 that is wanted";
  f.y = {"energy per image, more than for one point less", "J"};
  f.groups = kinds();
  std::vector<double> off;
  for (const PointPrice& price : prices) {
    if (!price.more) continue;
    const Step& more = *price.more;
    figure::Mark m{subject(*price.model->row), price.accuracy, more.joules};
    m.y_range = figure::Range{more.joules_ci95.low, more.joules_ci95.high};
    m.group = kind_of(*price.model->row);
    m.remark = times(more.times, more.times_ci95);
    off.push_back(more.joules);
    f.marks.push_back(std::move(m));
  }
  if (f.marks.empty()) return;
  name_farthest(f.marks, off);
  f.notes.insert(f.notes.begin(),
                 {kBarsBesideModels, "0 where the same model has both accuracies."});
  o.figures.push_back(std::move(f));
}

// --- the same at quantiles of all models

/// Between these accuracies (percent) quantiles are compared: most models lie between.
constexpr double kFrom = 80.0;
constexpr double kTo = 85.0;

struct Quantile {
  double q;
  const char* words;
};
constexpr Quantile kQuantiles[] = {
    {0.1, "at the 0.1 quantile"}, {0.5, "at the median"}, {0.9, "at the 0.9 quantile"}};

/// Whether models are on both sides of both accuracies, so that no form is drawn on.
bool spans(const Prices& models) {
  const auto [least, most] = std::ranges::minmax(models, {}, &Priced::accuracy);
  return least.accuracy <= kFrom && kTo <= most.accuracy;
}

void add_quantile(Outcome& o, const QuantileFits& fits, std::size_t n) {
  constexpr const char* kUndrawn = "too many resamples have no fit";
  const std::string about = fmt::format("{:g}", fits.q);
  const auto add = [&](const char* name, double value, const std::optional<Interval>& ci95,
                       const char* none) {
    o.values.push_back({name, about, "1", value, ci95, ci95 ? "" : none, n});
  };
  add("quantile_gamma", fits.power.gamma, fits.gamma_ci95, kUndrawn);
  add("quantile_floor", fits.power.floor, fits.floor_ci95, kUndrawn);
  add("quantile_times_80_to_85", fits.times, fits.times_ci95, kUndrawn);
  add("quantile_aic_difference", fits.aic_difference, std::nullopt, "a criterion of these points");
}

void add_quantiles(Outcome& o, const Prices& models) {
  if (models.size() < kFewestForQuantiles || !spans(models)) {
    o.sentences.push_back(
        fmt::format("Nothing is said by quantiles of energy: that needs {} models, of {:g} % and "
                    "less to {:g} % "
                    "and more (n = {}).",
                    kFewestForQuantiles, kFrom, kTo, models.size()));
    return;
  }
  const std::vector<Point> points = points_of(models);
  std::vector<std::string> times, gammas, differences;
  for (const Quantile& quantile : kQuantiles) {
    const auto fits = fit_both_at(points, quantile.q, error_at(kFrom), error_at(kTo));
    if (!fits) continue;
    add_quantile(o, *fits, points.size());
    times.push_back(
        fmt::format("{} times {}", with_interval(fits->times, fits->times_ci95), quantile.words));
    gammas.push_back(
        fmt::format("{} {}", with_interval(fits->power.gamma, fits->gamma_ci95), quantile.words));
    differences.push_back(fmt::format("{} {} ({})", quantile.words, verdict(fits->aic_difference),
                                      digits(fits->aic_difference)));
  }
  if (times.empty()) return;
  o.sentences.push_back(
      fmt::format("From {:g} to {:g} % top-1, energy grows {} of energy at equal accuracy (floored "
                  "power law, n = "
                  "{} models).",
                  kFrom, kTo, join_words(times), points.size()));
  o.sentences.push_back(fmt::format("The gamma of these is {}.", join_words(gammas)));
  o.sentences.push_back(fmt::format(
      "By the power law's AIC less that of the double exponential: {}.", join_words(differences)));
}

}  // namespace

Result<Outcome> returns(const Input& input) {
  auto begun = begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  const Prices models = by_top1(begun->chosen.rows);
  const auto members = frontier_of(models);
  if (!members) return tl::unexpected(members.error());
  const bool is_one = members->empty() || members->front().accuracy == members->back().accuracy;
  if (is_one) {
    return too_few(
        *begun, "the frontier has no two members of different accuracy, so nothing has a price.");
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  o.n = members->size();
  o.of = fmt::format("members of the frontier of {}",
                     count(begun->chosen.rows.size(), "model", "models"));
  const std::vector<PointPrice> prices = prices_by_point(*members);
  add_table(o, prices);
  add_last_point(o, *members);
  add_whole(o, *members);
  add_figure(o, *members, add_fits(o, *members));
  add_price_figure(o, *members, prices);
  add_quantiles(o, models);
  return std::move(o);
}

}  // namespace joulemark::analysis

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "analysis/price.hpp"
#include "analysis/records.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// Weights of a measured architecture, there from the year on in which both were published.
struct Dated {
  const Row* row = nullptr;
  const Published* weights = nullptr;
  int year = 0;
  std::size_t family = 0;
  double top1() const { return weights->tested.imagenet().top1; }
  double joules() const { return *row->energy_j_per_image; }
};

bool has_dated_weights(const Row& row) {
  return std::ranges::any_of(row.weights_tested,
                             [](const Published& p) { return p.date.has_value(); });
}

std::vector<Dated> dated(const std::vector<const Row*>& rows) {
  std::map<std::string, std::size_t> families;
  std::vector<Dated> all;
  for (const Row* row : rows) {
    const std::size_t family = families.try_emplace(row->family, families.size()).first->second;
    for (const Published& p : row->weights_tested) {
      if (!p.date) continue;
      all.push_back({row, &p, std::max(row->architecture_date->year, p.date->year), family});
    }
  }
  return all;
}

int last_year(const std::vector<Dated>& all) {
  return std::ranges::max(all, {}, &Dated::year).year;
}

std::size_t families_of(const std::vector<Dated>& all) {
  std::set<std::size_t> families;
  for (const Dated& d : all) families.insert(d.family);
  return families.size();
}

std::size_t models_of(const std::vector<Dated>& all) {
  std::set<const Row*> models;
  for (const Dated& d : all) models.insert(d.row);
  return models.size();
}

/// What is looked for in each year, and those that qualify for it.
struct Goal {
  std::string words;  ///< "at least 80 %"
  double level = 0.0;
  std::vector<Dated> able;
  std::vector<Entry> entries;  ///< of those, one each
};

/// Least energy with at least this accuracy: the price is the binary logarithm of the energy.
Goal least_energy(double top1, const std::vector<Dated>& all) {
  Goal goal{fmt::format("at least {:g} %", top1), top1, {}, {}};
  for (const Dated& d : all) {
    if (d.top1() < top1) continue;
    goal.able.push_back(d);
    goal.entries.push_back({d.year, std::log2(d.joules()), d.family});
  }
  return goal;
}

/// Best accuracy with at most this energy: the price is the accuracy, negative.
Goal best_accuracy(double most_joules, const std::vector<Dated>& all) {
  const std::string level = most_joules < 1.0 ? fmt::format("{:g} mJ", 1000.0 * most_joules)
                                              : fmt::format("{:g} J", most_joules);
  Goal goal{"at most " + level, most_joules, {}, {}};
  for (const Dated& d : all) {
    if (d.joules() > most_joules) continue;
    goal.able.push_back(d);
    goal.entries.push_back({d.year, -d.top1(), d.family});
  }
  return goal;
}

/// 1, 2, 5, 10 ... among the energies, but for the outer tenths of them.
std::vector<double> energy_levels(const std::vector<Dated>& all) {
  std::vector<double> energies;
  for (const Dated& d : all) energies.push_back(d.joules());
  const double low = *quantile(energies, 0.1);
  const double high = *quantile(energies, 0.9);
  std::vector<double> levels;
  for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, power) <= high;
       ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      // Dividing by a whole power gives the nearest double: 0.02, and not 0.020000000000000004.
      const double level =
          power < 0 ? digit / std::pow(10.0, -power) : digit * std::pow(10.0, power);
      if (level >= low && level <= high) levels.push_back(level);
    }
  }
  return levels;
}

/// The holder of the record in a goal's first and in the last year.
struct Ends {
  const Dated& first;
  const Dated& last;
  int first_year;
};
Ends ends_of(const Goal& goal, const Records& records) {
  return {goal.able[records.holders.front()], goal.able[records.holders.back()], records.first};
}

// --- the outcome

void add_columns(Outcome& o) {
  o.columns = {{"goal", "",
                "energy: the least energy with at least some accuracy; accuracy: the "
                "best accuracy with at most some energy"},
               {"level", "% or J", "of accuracy or of energy"},
               {"year", "", "models and weights published until its end count"},
               {"model", "", "that holds the record"},
               {"weights", "", "of which this is known since then"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"energy_rel", "1", "half width of the 95 % interval beside other models, relative"},
               {"imagenet_top1", "%", "published"},
               {"architecture_date", "", "year and month of the paper"},
               {"recipe_date", "", "year and month of the paper of the weights' recipe"},
               {"run", "", "identifier of the measurement"}};
}

void add_rows(Outcome& o, const char* what, const Goal& goal, const Records& records) {
  for (std::size_t i = 0; i < records.holders.size(); ++i) {
    const Dated& d = goal.able[records.holders[i]];
    o.rows.push_back({what, goal.level, records.first + static_cast<std::int64_t>(i),
                      subject(*d.row), d.weights->model, d.joules(),
                      rel_of(*d.row, kSharedBetweenModels), d.top1(),
                      catalogue::to_text(*d.row->architecture_date),
                      catalogue::to_text(*d.weights->date), d.row->run});
  }
}

constexpr const char* kUndrawn = "fewer than ten families, or too many resamples have no trend";
constexpr const char* kMayBeFlat = "energy may not have fallen: the interval of the rate holds 0";

/// How fast a goal's records became better: its price fell by so much a year.
struct Rate {
  double value = 0.0;
  std::optional<Interval> ci95;
  std::optional<double> by_chance;
};
std::optional<Rate> rate_of(const Goal& goal, int last) {
  const auto trend = trend_of(goal.entries, last);
  if (!trend) return std::nullopt;
  Rate rate{-trend->slope, {}, trend->by_chance};
  if (trend->ci95) rate.ci95 = {-trend->ci95->high, -trend->ci95->low};
  return rate;
}

/// Adds the rate as a value, and says why there is none that could be stated: empty where there is.
std::string add_rate(Outcome& o, const char* name, const char* unit, const Goal& goal,
                     const std::optional<Rate>& rate) {
  if (!rate) return fmt::format("there are fewer than {} years for a trend", kFewestYears);
  const std::size_t n = models_of(goal.able);
  o.values.push_back(
      {name, goal.words, unit, rate->value, rate->ci95, rate->ci95 ? "" : kUndrawn, n});
  if (rate->by_chance) {
    o.values.push_back(
        {"share_by_chance", goal.words, "1", *rate->by_chance, {}, "a share of random orders", n});
  }
  if (rate->ci95) return "";
  const std::size_t families = families_of(goal.able);
  return families < kFewestToResample
             ? fmt::format("a trend needs ten families, and there are {}", families)
             : "too many resamples have no trend";
}

/// What is left of a trend when years are dealt out anew: more models alone make records too.
std::string chance_in_words(const Rate& rate) {
  const char* verdict = *rate.by_chance <= kByChance ? "more models alone do not explain"
                                                     : "more models alone could explain";
  return fmt::format("which {} (years dealt out at random: as steep in {} of draws)", verdict,
                     percent(*rate.by_chance));
}

/// "by the line through all years it halves every 3.1 (95 %: 2.2 to 5.0) years, which ..."
std::string add_halving(Outcome& o, const Goal& goal, int last) {
  const auto rate = rate_of(goal, last);
  std::string none = add_rate(o, "halvings_per_year", "1/a", goal, rate);
  if (!rate || rate->value <= 0.0) return none.empty() ? "there is no trend downwards" : none;
  const bool falls = rate->ci95 && rate->ci95->low > 0.0;
  Value time{"halving_time", goal.words, "a", 1.0 / rate->value, {}, "", models_of(goal.able)};
  if (falls) {
    time.ci95 = {1.0 / rate->ci95->high, 1.0 / rate->ci95->low};
  } else {
    time.no_interval = none.empty() ? kMayBeFlat : kUndrawn;
  }
  o.values.push_back(time);
  if (!none.empty()) return none;
  if (falls) {
    return fmt::format("by the line through all years it halves every {} years, {}",
                       with_interval(time.value, time.ci95), chance_in_words(*rate));
  }
  return fmt::format(
      "by the line through all years it halves {} times a year, so that a fall cannot be told",
      with_interval(rate->value, rate->ci95));
}

void add_energy(Outcome& o, const Goal& goal, int last) {
  const auto records = records_of(goal.entries, last);
  if (!records) return;
  add_rows(o, "energy", goal, *records);
  const std::string trend = add_halving(o, goal, last);
  const auto& [first, holder, year] = ends_of(goal, *records);
  const std::string from =
      fmt::format("{} in {} ({})", joules(first.joules()), year, subject(*first.row));
  if (first.row == holder.row) {
    o.sentences.push_back(
        fmt::format("With {} top-1, the least energy is {}, and no less until {} (n = {}).",
                    goal.words, from, last, models_of(goal.able)));
    return;
  }
  const Step s = step(*holder.row, *first.row);
  o.values.push_back({"record_times", goal.words, "1", s.times, s.times_ci95, "", 2});
  o.sentences.push_back(fmt::format(
      "With {} top-1, the least energy went from {} to {} ({}, since {}), {} times less; {} (n = "
      "{}).",
      goal.words, from, joules(holder.joules()), subject(*holder.row), holder.year,
      with_interval(s.times, s.times_ci95), trend, models_of(goal.able)));
}

void add_accuracy(Outcome& o, const Goal& goal, int last) {
  const auto records = records_of(goal.entries, last);
  if (!records) return;
  add_rows(o, "accuracy", goal, *records);
  const auto rate = rate_of(goal, last);
  std::string none = add_rate(o, "points_per_year", "%/a", goal, rate);
  const auto& [first, holder, year] = ends_of(goal, *records);
  o.sentences.push_back(fmt::format(
      "With {}, the best top-1 went from {} % in {} ({}) to {} % ({}, since {}); {} (n = {}).",
      goal.words, digits(first.top1()), year, subject(*first.row), digits(holder.top1()),
      subject(*holder.row), holder.year,
      none.empty() ? fmt::format("by the line through all years {} points a year, {}",
                                 with_interval(rate->value, rate->ci95), chance_in_words(*rate))
                   : none,
      models_of(goal.able)));
}

void add_caveats(Outcome& o, const std::vector<const Row*>& rows) {
  const auto behind = std::ranges::count_if(rows, [](const Row* row) {
    const Published* best = best_weights(*row);
    return best != nullptr && !best->date;
  });
  if (behind > 0) {
    o.caveats.push_back(fmt::format(
        "Of {} of these models the best weights have no date and do not count; others of theirs "
        "do.",
        behind));
  }
  o.caveats.emplace_back(
      "Records are of the models that were measured: one that was not may have come earlier. The "
      "energy is of today's software and of this device, not of that year's.");
  o.caveats.emplace_back(
      "Intervals of trends say how far these depend on which families were measured (bootstrap "
      "over families, all records made anew). In simulations they hold in 89 to 95 %, and less "
      "often "
      "where single models are far ahead.");
}

figure::Figure begin_records(const Outcome& o, const std::vector<const Row*>& rows,
                             std::string title, figure::Axis axis) {
  figure::Figure f = begin_figure(o, rows, std::move(title));
  f.x = {"models and weights published until the end of the year", ""};
  f.y = std::move(axis);
  return f;
}
/// The record of a goal over the years, a mark wherever it changed hands.
void add_records(figure::Figure& f, const Goal& goal, int last,
                 const std::function<double(const Dated&)>& value) {
  const auto records = records_of(goal.entries, last);
  if (!records) return;
  figure::Line line{"", {}};
  line.steps = true;
  line.group = f.groups.size();
  f.groups.push_back(goal.words);
  const Row* before = nullptr;
  for (std::size_t i = 0; i < records->holders.size(); ++i) {
    const Dated& holder = goal.able[records->holders[i]];
    const double year = records->first + static_cast<double>(i);
    line.places.push_back({year, value(holder)});
    if (holder.row == before) continue;
    figure::Mark mark{subject(*holder.row), year, value(holder)};
    mark.group = line.group;
    mark.remark = holder.weights->model;
    f.marks.push_back(std::move(mark));
    before = holder.row;
  }
  f.lines.push_back(std::move(line));
}

void add_figures(Outcome& o, const std::vector<Goal>& energies, const std::vector<Goal>& accuracies,
                 const std::vector<const Row*>& rows, int last) {
  figure::Figure energy =
      begin_records(o, rows, "The least energy for an accuracy, by year", energy_axis());
  for (const Goal& goal : energies) {
    add_records(energy, goal, last, [](const Dated& d) { return d.joules(); });
  }
  figure::Figure accuracy =
      begin_records(o, rows, "The best accuracy for an energy, by year", accuracy_axis());
  accuracy.part = "accuracy";
  for (const Goal& goal : accuracies) {
    add_records(accuracy, goal, last, [](const Dated& d) { return d.top1(); });
  }
  for (figure::Figure* f : {&energy, &accuracy}) {
    if (!f->marks.empty()) o.figures.push_back(std::move(*f));
  }
}

}  // namespace

Result<Outcome> years(const Input& input) {
  auto begun = begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  leave_out(begun->chosen, "no_date", "no date of the architecture's paper is known",
            [](const Row& row) { return !row.architecture_date; });
  leave_out(begun->chosen, "no_recipe_date",
            "of no weights that were tested at this size is the date of their recipe known",
            [](const Row& row) { return !has_dated_weights(row); });
  const std::vector<Dated> all = dated(begun->chosen.rows);
  if (families_of(all) < kFewestToResample) {
    return too_few(*begun, fmt::format("records need ten families with dates of architecture and "
                                       "weights, and there are {}.",
                                       families_of(all)));
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  add_columns(o);
  const int last = last_year(all);
  std::vector<Goal> energies, accuracies;
  for (const double level : kLevels) energies.push_back(least_energy(level, all));
  for (const double level : energy_levels(all)) accuracies.push_back(best_accuracy(level, all));
  for (const Goal& goal : energies) add_energy(o, goal, last);
  for (const Goal& goal : accuracies) add_accuracy(o, goal, last);
  add_caveats(o, begun->chosen.rows);
  add_figures(o, energies, accuracies, begun->chosen.rows, last);
  return std::move(o);
}

}  // namespace joulemark::analysis

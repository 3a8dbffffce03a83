#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/statistics.hpp"
#include "base/time.hpp"

namespace joulemark::analysis {
namespace {

/// As the flag meters_disagree: docs/method.md.
constexpr double kLargeGap = 0.03;
/// Fewest runs of one configuration for a line over time.
constexpr std::size_t kFewestForDrift = 4;

/// Several runs of one configuration, in the order of measuring.
using Runs = std::vector<const Row*>;

double log_joules(const Row* row) { return std::log(*row->energy_j_per_image); }

std::vector<Runs> repeats_of(const std::vector<const Row*>& rows) {
  std::map<std::tuple<std::string, std::string, std::string, std::int64_t, std::string>, Runs> all;
  for (const Row* row : rows) {
    all[{row->architecture, row->input_size, row->policy, row->batch.value_or(0), row->weights}]
        .push_back(row);
  }
  std::vector<Runs> repeats;
  for (auto& [key, runs] : all) {
    if (runs.size() < 2) continue;
    std::ranges::stable_sort(runs, {}, [](const Row* r) { return r->measured_at; });
    repeats.push_back(std::move(runs));
  }
  return repeats;
}

// --- repeat runs

/// Standard deviation of the logarithms.
double deviation_of(const Runs& runs) {
  std::vector<double> logs;
  for (const Row* row : runs) logs.push_back(log_joules(row));
  return standard_deviation(logs);
}

/// Sum of squares of the logarithms about the mean of each configuration.
struct Squares {
  double squares = 0.0;
  std::size_t degrees = 0;
};
Squares within(const std::vector<Runs>& repeats) {
  Squares s;
  for (const Runs& runs : repeats) {
    const double deviation = deviation_of(runs);
    s.squares += deviation * deviation * static_cast<double>(runs.size() - 1);
    s.degrees += runs.size() - 1;
  }
  return s;
}

void add_deviation(Outcome& o, const std::string& policy, const std::vector<Runs>& repeats) {
  const Squares s = within(repeats);
  const double deviation = std::sqrt(s.squares / static_cast<double>(s.degrees));
  const Interval ci95 = deviation_ci95(s.squares, s.degrees);
  o.values.push_back({"repeat_deviation", policy, "1", deviation, ci95, "", s.degrees});
  o.sentences.push_back(fmt::format(
      "{}: runs of one configuration have a standard deviation of {}, over {} with {} beyond "
      "the first.",
      policy, percent(deviation, ci95), count(repeats.size(), "configuration", "configurations"),
      count(s.degrees, "run", "runs")));
}

/// Whether the intervals of a run and the next one hold their difference, for runs on one board
/// with one version of the method: versions differ in their intervals, and those are of one board.
struct Held {
  std::size_t pairs = 0;
  std::size_t by_ci95 = 0;
  std::size_t with_all = 0;  ///< that two runs do not share, and what warmth may do
};
std::map<std::string, Held> held_by_method(const std::vector<Runs>& repeats) {
  std::map<std::string, Held> methods;
  for (const Runs& runs : repeats) {
    std::map<std::pair<std::string, std::string>, const Row*> last;
    for (const Row* row : runs) {
      const Row* before = std::exchange(last[{row->method, row->board}], row);
      if (before == nullptr) continue;
      Held& held = methods[row->method];
      const double difference = std::abs(log_joules(row) - log_joules(before));
      ++held.pairs;
      held.by_ci95 += difference <= std::hypot(*row->ci95_rel, *before->ci95_rel) ? 1 : 0;
      held.with_all += difference <= rel_between(*row, *before, kSharedBetweenSizes) ? 1 : 0;
    }
  }
  return methods;
}

void add_held(Outcome& o, const std::string& method, const Held& held) {
  const auto add = [&](const char* name, std::size_t times) {
    const double share = static_cast<double>(times) / static_cast<double>(held.pairs);
    const Interval ci95 = share_ci95(times, held.pairs);
    o.values.push_back({name, "method " + method, "1", share, ci95, "", held.pairs});
    return percent(share, ci95);
  };
  const std::string alone = add("held_by_ci95", held.by_ci95);
  const std::string together = add("held_with_systematic", held.with_all);
  o.sentences.push_back(
      fmt::format("Method {}: of {}, the intervals of repetition held the difference to the next "
                  "run in {}, with "
                  "the systematic terms that two runs do not share and what warmth may do in {}; "
                  "they promise 95 %.",
                  method, count(held.pairs, "pair of runs", "pairs of runs"), alone, together));
}

figure::Mark mark_of(const Runs& runs, double at) {
  figure::Mark m{subject(*runs.front()), 100.0 * deviation_of(runs), at};
  m.group = kind_of(*runs.front());
  m.remark = count(runs.size(), "run", "runs");
  return m;
}

/// What all configurations of a policy have in common: the value that was added of it.
figure::Mark mark_of(const Outcome& o, const std::string& policy, double at) {
  const Value* v = find_value(o, "repeat_deviation", policy);
  figure::Mark m{policy + ", all", 100.0 * v->value, at};
  m.x_range = figure::Range{100.0 * v->ci95->low, 100.0 * v->ci95->high};
  m.weight = figure::Weight::strong;
  return m;
}

/// One row for each policy.
void add_repeats_figure(Outcome& o, const std::map<std::string, std::vector<Runs>>& policies) {
  std::vector<const Row*> rows;
  std::size_t configurations = 0;
  for (const auto& [policy, repeats] : policies) {
    configurations += repeats.size();
    for (const Runs& runs : repeats) rows.insert(rows.end(), runs.begin(), runs.end());
  }
  figure::Figure f =
      begin_figure(o, rows, "How well measurements repeat",
                   fmt::format("n = {} in {}", count(rows.size(), "run", "runs"),
                               count(configurations, "configuration", "configurations")));
  f.part = "repeats";
  f.x = {"standard deviation of the runs of a configuration", "%"};
  f.y = {"policy", ""};
  f.groups = kinds();
  f.strong_means = "all configurations together, with the 95 % interval";
  for (const auto& [policy, repeats] : policies) {
    const auto at = static_cast<double>(f.y.categories.size());
    f.y.categories.push_back(policy);
    for (const Runs& runs : repeats) f.marks.push_back(mark_of(runs, at));
    f.marks.push_back(mark_of(o, policy, at));
  }
  o.figures.push_back(std::move(f));
}

void add_repeats(Outcome& o, const std::vector<Runs>& repeats) {
  if (repeats.empty()) {
    o.sentences.emplace_back("Too few to say how well runs repeat: none was repeated.");
    return;
  }
  std::map<std::string, std::vector<Runs>> policies;
  for (const Runs& runs : repeats) policies[runs.front()->policy].push_back(runs);
  for (const auto& [policy, of_policy] : policies) add_deviation(o, policy, of_policy);
  add_repeats_figure(o, policies);
  const auto methods = held_by_method(repeats);
  for (const auto& [method, held] : methods) add_held(o, method, held);
  if (methods.empty()) {
    o.sentences.emplace_back(
        "Too few to say whether intervals hold: no two runs of a configuration are of one board "
        "and one "
        "version of the method.");
  }
}

// --- drift of the configuration that one campaign measured most often on one board

/// Energies of one configuration on one board, over the time of one campaign.
struct Sentinel {
  std::vector<const Row*> rows;
  std::vector<double> hours, logs;
};
Sentinel sentinel_of(const std::vector<Runs>& repeats) {
  Sentinel most;
  for (const Runs& runs : repeats) {
    std::map<std::pair<std::string, std::string>, Sentinel> campaigns;
    for (const Row* row : runs) {
      const auto at = seconds_of_rfc3339(row->measured_at);
      if (!at) continue;
      Sentinel& s = campaigns[{row->campaign, row->board}];
      s.rows.push_back(row);
      s.hours.push_back(*at / 3600.0);
      s.logs.push_back(log_joules(row));
    }
    for (auto& [key, s] : campaigns) {
      if (s.hours.size() > most.hours.size()) most = std::move(s);
    }
  }
  return most;
}

void add_drift_figure(Outcome& o, const Sentinel& s, const Line& line) {
  const Row& row = *s.rows.front();
  figure::Figure f = begin_figure(
      o, s.rows, fmt::format("{} over time", subject(row)),
      fmt::format("n = {} runs of one campaign on one board, {}", s.rows.size(), row.policy));
  f.part = "drift";
  f.x = {"time since the first run", "h"};
  f.y = {"energy per image", "J"};
  f.groups = kinds();
  for (std::size_t i = 0; i < s.rows.size(); ++i) {
    figure::Mark m{s.rows[i]->measured_at, s.hours[i] - s.hours.front(),
                   *s.rows[i]->energy_j_per_image};
    m.y_range = range_of(m.y, s.rows[i]->ci95_rel.value_or(0.0));
    m.group = kind_of(row);
    f.marks.push_back(std::move(m));
  }
  const auto fitted = [&](double hour) {
    return figure::Place{hour - s.hours.front(), std::exp(line.intercept + line.slope * hour)};
  };
  f.lines = {{"fitted line", {fitted(s.hours.front()), fitted(s.hours.back())}}};
  f.notes.insert(f.notes.begin(), "Bars: 95 % intervals of repetition.");
  o.figures.push_back(std::move(f));
}

void add_drift(Outcome& o, const std::vector<Runs>& repeats) {
  const Sentinel s = sentinel_of(repeats);
  const auto line = s.hours.size() < kFewestForDrift ? std::nullopt : fit_line(s.hours, s.logs);
  if (!line) {
    o.sentences.push_back(
        fmt::format("Too few to say whether measurements drift: no campaign measured one "
                    "configuration {} times, "
                    "as it does with a sentinel.",
                    kFewestForDrift));
    return;
  }
  const Interval ci95 = slope_of(*line, s.hours.size()).ci95;
  const Row& row = *s.rows.front();
  const std::string what = fmt::format("{} {}", subject(row), row.policy);
  o.values.push_back(
      {"sentinel_drift_per_hour", what, "1/h", line->slope, ci95, "", s.hours.size()});
  const bool is_told = ci95.low > 0.0 || ci95.high < 0.0;
  o.sentences.push_back(fmt::format(
      "{} ({}), measured {} times over {} h of one campaign, drifts by {} an hour{}.", subject(row),
      row.policy, s.hours.size(), digits(s.hours.back() - s.hours.front()),
      percent(line->slope, ci95), is_told ? "" : ": no drift can be told"));
  add_drift_figure(o, s, *line);
}

// --- two estimators of the same joules

/// Of rows whatever their flags: leaving out those whose meters disagree would answer the question.
void add_estimators(Outcome& o, const std::vector<const Row*>& rows) {
  std::vector<double> gaps;
  std::size_t large = 0;
  for (const Row* row : rows) {
    const double gap = std::abs(*row->estimator_gap_rel);
    gaps.push_back(gap);
    large += gap > kLargeGap ? 1 : 0;
  }
  const auto middle = median(gaps);
  if (!middle) {
    o.sentences.emplace_back("Too few to say whether two estimators agree: no row has both.");
    return;
  }
  const double share = static_cast<double>(large) / static_cast<double>(gaps.size());
  const double most = std::ranges::max(gaps);
  o.values.push_back(value_of("median_estimator_gap", "", "1", *middle, gaps.size()));
  o.values.push_back({"largest_estimator_gap", "", "1", most, std::nullopt,
                      "the largest of these rows", gaps.size()});
  o.values.push_back({"share_of_gaps_over_3_percent", "", "1", share,
                      share_ci95(large, gaps.size()), "", gaps.size()});
  o.sentences.push_back(
      fmt::format("Integral of power samples and energy counter differ by {} in the median of {}, "
                  "by {} at most; "
                  "{} of them by more than 3 %.",
                  percent(middle->value), count(gaps.size(), "row", "rows"), percent(most), large));
}

// --- rows

std::size_t ok_rows(std::span<const Row> rows, const std::string& setup) {
  return static_cast<std::size_t>(std::ranges::count_if(
      rows, [&](const Row& r) { return r.setup == setup && r.status == "ok"; }));
}

void add_table(Outcome& o, const std::vector<Runs>& repeats) {
  o.columns = {{"model", "", "architecture, and its input size where that is not 224x224"},
               {"policy", "", "why this batch"},
               {"batch", "images", "images per inference"},
               {"weights", "", "pretrained, or live:SEED"},
               {"runs", "", "measurements of this configuration"},
               {"energy_j_per_image", "J", "their mean, gross energy per image"},
               {"deviation_rel", "1", "standard deviation of the logarithms of their energies"},
               {"least_j_per_image", "J", "of the runs"},
               {"most_j_per_image", "J", "of the runs"},
               {"largest_ci95_rel", "1", "of the intervals that the runs state"},
               {"first_at", "", "when the first was measured"},
               {"last_at", "", "when the last was measured"}};
  for (const Runs& runs : repeats) {
    std::vector<double> energies, intervals;
    for (const Row* row : runs) {
      energies.push_back(*row->energy_j_per_image);
      intervals.push_back(row->ci95_rel.value_or(0.0));
    }
    const Row& row = *runs.front();
    o.rows.push_back({subject(row), row.policy, cell(row.batch), row.weights,
                      static_cast<std::int64_t>(runs.size()), mean(energies), deviation_of(runs),
                      std::ranges::min(energies), std::ranges::max(energies),
                      std::ranges::max(intervals), row.measured_at, runs.back()->measured_at});
  }
}

}  // namespace

Result<Outcome> quality(const Input& input) {
  auto started = begin_with_every_run(
      input, [&](const std::string& setup) { return ok_rows(input.rows, setup); });
  if (!started) return tl::unexpected(started.error());
  Begun& begun = *started;
  Outcome& o = begun.outcome;
  o.of = "rows";
  std::vector<const Row*> with_gap;
  for (const Row& row : input.rows) {
    const bool has = row.setup == o.setup && row.status == "ok" && row.estimator_gap_rel &&
                     std::isfinite(*row.estimator_gap_rel);
    if (has) with_gap.push_back(&row);
  }
  const std::vector<Runs> repeats = repeats_of(begun.chosen.rows);
  if (repeats.empty() && with_gap.empty()) {
    return too_few(begun, "no configuration was measured twice, and no row has two estimates.");
  }
  settle(begun);
  add_table(o, repeats);
  add_repeats(o, repeats);
  add_drift(o, repeats);
  add_estimators(o, with_gap);
  o.caveats.emplace_back(
      "Repeated runs may be of several boards, hosts and versions of the method: what differs "
      "between "
      "those is in their spread.");
  return std::move(o);
}

}  // namespace joulemark::analysis

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "analysis/board_factors.hpp"
#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

std::vector<double> logs_of(const OnBoards& configuration) {
  std::vector<double> logs;
  for (const OnBoard& on : configuration) logs.push_back(on.log_joules);
  return logs;
}

/// What its boards are held against.
double mean_log(const OnBoards& configuration) { return mean(logs_of(configuration)); }

const Row& row_of(const OnBoards& configuration) { return *configuration.front().runs.front(); }

std::string in_words(const OnBoards& configuration) {
  const Row& row = row_of(configuration);
  return fmt::format("{}, batch {}", subject(row), row.batch.value_or(0));
}

/// Of the ratio of two boards' energies, whose logarithms have this standard deviation each: half
/// the width of the interval that 95 % of pairs are in.
double of_a_ratio(double deviation) { return kDeviationsOf95 * std::numbers::sqrt2 * deviation; }

/// Sums over configurations, of which each has a degree of freedom less than boards.
struct Squares {
  double all = 0.0;  ///< of the logarithms about their mean
  double own = 0.0;  ///< of these, what the intervals of the runs account for
  std::size_t degrees = 0;
  void add(const OnBoards& configuration) {
    const auto n = static_cast<double>(configuration.size());
    const double deviation = standard_deviation(logs_of(configuration));
    all += deviation * deviation * (n - 1.0);
    for (const OnBoard& on : configuration) own += on.variance * (n - 1.0) / n;
    degrees += configuration.size() - 1;
  }
};

/// Standard deviation between boards: what is left of the spread without what the runs' own
/// intervals account for (a variance component by the method of moments; Hedges and Olkin,
/// Statistical Methods for Meta-Analysis, ch. 9). 0 where nothing is left.
struct Spread {
  double deviation = 0.0;
  Interval ci95;
};
Spread spread_of(const Squares& squares) {
  const auto degrees = static_cast<double>(squares.degrees);
  const auto left = [&](double deviation) {
    return std::sqrt(std::max(deviation * deviation - squares.own / degrees, 0.0));
  };
  const Interval ci95 = deviation_ci95(squares.all, squares.degrees);
  return {left(std::sqrt(squares.all / degrees)), {left(ci95.low), left(ci95.high)}};
}

/// All configurations together, and what a comparison between two boards takes of it.
void add_all(Outcome& o, const SharedConfigurations& configurations, std::size_t boards) {
  Squares squares;
  for (const auto& [key, configuration] : configurations) squares.add(configuration);
  const Spread spread = spread_of(squares);
  const Interval ratio = {of_a_ratio(spread.ci95.low), of_a_ratio(spread.ci95.high)};
  o.values.push_back({"between_boards_deviation", "", "1", spread.deviation, spread.ci95, "",
                      configurations.size()});
  o.values.push_back({"ratio_of_two_boards_rel", "", "1", of_a_ratio(spread.deviation), ratio, "",
                      configurations.size()});
  o.sentences.push_back(fmt::format(
      "{} on {}: between boards, the energy of one configuration has a standard deviation of {}, "
      "without what the intervals of the runs account for.",
      count(configurations.size(), "configuration", "configurations"),
      count(boards, "board", "boards"), percent(spread.deviation, spread.ci95)));
  o.sentences.push_back(fmt::format(
      "The ratio of two boards' energies is then within ± {} for 95 % of pairs; comparisons "
      "between boards of which no more is known take ± {}.",
      percent(of_a_ratio(spread.deviation), ratio), percent(kBetweenBoards)));
  if (kBetweenBoards < ratio.low) {
    o.caveats.emplace_back(
        "These boards differ by more than comparisons take where no more is known.");
  }
}

/// The one on most boards: these are as many independent ones.
void add_most_measured(Outcome& o, const SharedConfigurations& configurations) {
  const OnBoards& most = std::ranges::max_element(configurations, {}, [](const auto& c) {
                           return c.second.size();
                         })->second;
  const OnBoard &least = most.front(), &greatest = most.back();
  Squares squares;
  squares.add(most);
  const Spread spread = spread_of(squares);
  o.values.push_back({"deviation_on_most_boards", in_words(most), "1", spread.deviation,
                      spread.ci95, "", most.size()});
  o.sentences.push_back(fmt::format(
      "On most boards, {}, is {}: {} on {}, {} on {}, {} times as much; standard deviation {}.",
      most.size(), in_words(most), joules(std::exp(least.log_joules)), least.board,
      joules(std::exp(greatest.log_joules)), greatest.board,
      digits(std::exp(greatest.log_joules - least.log_joules)),
      percent(spread.deviation, spread.ci95)));
}

/// A difference of logarithms, with its sign.
std::string signed_percent(double difference) {
  return fmt::format("{:+.2f} %", 100.0 * std::expm1(difference));
}

/// What the factors leave, and what that makes of a ratio of two configurations on another board:
/// four rests are in it.
struct Left {
  double deviation = 0.0;
  Interval ci95;
  explicit Left(const TwoWay& fit)
      : deviation(std::sqrt(fit.squares / static_cast<double>(fit.degrees))),
        ci95(deviation_ci95(fit.squares, fit.degrees)) {}
  static double elsewhere(double deviation) { return kDeviationsOf95 * 2.0 * deviation; }
  double elsewhere() const { return elsewhere(deviation); }
  Interval elsewhere_ci95() const { return {elsewhere(ci95.low), elsewhere(ci95.high)}; }
};

void add_factor_values(Outcome& o, const TwoWay& fit, const Left& left,
                       const std::vector<std::string>& boards, std::size_t configurations) {
  const double t = student_t_95(static_cast<double>(fit.degrees));
  for (std::size_t i = 0; i < boards.size(); ++i) {
    const double factor = std::exp(fit.at[i].value);
    o.values.push_back({"board_factor", boards[i], "1", factor,
                        in_logarithm(factor, t * fit.at[i].standard_error), "", configurations});
  }
  o.values.push_back(
      {"left_by_board_factors_deviation", "", "1", left.deviation, left.ci95, "", configurations});
  o.values.push_back({"ratio_on_another_board_rel", "", "1", left.elsewhere(),
                      left.elsewhere_ci95(), "", configurations});
}

void say_factors(Outcome& o, const TwoWay& fit, const Left& left,
                 const std::vector<std::string>& boards) {
  const auto in_words = [&](auto effect) {
    return fmt::format("{} on {}", signed_percent(effect->value),
                       boards[static_cast<std::size_t>(effect - fit.at.begin())]);
  };
  const auto [least, greatest] = std::ranges::minmax_element(fit.at, {}, &TwoWay::Effect::value);
  o.sentences.push_back(fmt::format(
      "One factor for each board, {} to {}, leaves a standard deviation of {}, with what the "
      "intervals of the runs account for.",
      in_words(least), in_words(greatest), percent(left.deviation, left.ci95)));
  o.sentences.push_back(fmt::format(
      "The ratio of two configurations that one board ran is then within ± {} of their ratio on "
      "another one, for 95 % of pairs.",
      percent(left.elsewhere(), left.elsewhere_ci95())));
  if (fit.parts > 1) {
    o.caveats.push_back(fmt::format(
        "The boards fall into {} groups that have no configuration in common: a factor is beside "
        "the mean of its own group.",
        fit.parts));
  }
}

/// By board, that of its rows.
std::map<std::string, BoardOffset> offsets_of(const std::vector<const Row*>& rows) {
  std::map<std::string, BoardOffset> offsets;
  for (const Row* row : rows) {
    if (row->board_offset) offsets[row->board] = *row->board_offset;
  }
  return offsets;
}

/// What comparisons take, of each two boards of which rows of any precision say something.
void add_comparisons(Outcome& o, const std::map<std::string, BoardOffset>& offsets) {
  if (offsets.size() < 2) return;
  std::vector<double> apart;
  for (auto a = offsets.begin(); a != offsets.end(); ++a) {
    for (auto b = std::next(a); b != offsets.end(); ++b)
      apart.push_back(rel_between(Site{a->first, {}, a->second}, {b->first, {}, b->second}));
  }
  std::ranges::sort(apart);
  const double median = *quantile(apart, 0.5);
  const auto add = [&](const char* which, double rel) {
    o.values.push_back({"taken_between_boards_rel",
                        which,
                        "1",
                        rel,
                        {},
                        "of what comparisons take, which the factors decide",
                        apart.size()});
  };
  add("least", apart.front());
  add("median", median);
  add("most", apart.back());
  o.sentences.push_back(fmt::format(
      "Comparisons of rows of two of {} boards, of which rows in any precision tell, take ± {} to "
      "{} for them, by which two; ± {} in the median of the pairs.",
      offsets.size(), percent(apart.front()), percent(apart.back()), percent(median)));
}

/// Whether a board takes more by the same for every model.
void add_factors(Outcome& o, const std::optional<BoardFactors>& factors,
                 std::size_t configurations) {
  if (!factors) {
    o.sentences.emplace_back(
        "Whether a board takes as much more for every model cannot be said: no two configurations "
        "ran on the same two boards.");
    return;
  }
  const Left left(factors->fit);
  add_factor_values(o, factors->fit, left, factors->boards, configurations);
  say_factors(o, factors->fit, left, factors->boards);
}

void add_table(Outcome& o, const SharedConfigurations& configurations,
               const std::optional<BoardFactors>& factors) {
  o.columns = {{"model", "", "architecture, and its input size where that is not 224x224"},
               {"batch", "images", "images per inference"},
               {"weights", "", "pretrained, or live:SEED"},
               {"board", "", "identity that its driver gives it"},
               {"runs", "", "measurements of this configuration on this board"},
               {"energy_j_per_image", "J", "their geometric mean, gross energy per image"},
               {"beside_mean_rel", "1", "how far its logarithm is from the mean of all boards'"},
               {"left_rel", "1", "what one factor for each board leaves of that"},
               {"largest_ci95_rel", "1", "of the intervals that the runs state"},
               {"first_at", "", "when the first was measured"}};
  std::size_t place = 0;
  for (const auto& [key, configuration] : configurations) {
    const double of_all = mean_log(configuration);
    for (const OnBoard& on : configuration) {
      const auto left = factors ? std::optional(factors->fit.rest[place++]) : std::nullopt;
      std::vector<double> intervals;
      for (const Row* run : on.runs) intervals.push_back(run->ci95_rel.value_or(0.0));
      const Row& row = *on.runs.front();
      o.rows.push_back({subject(row), cell(row.batch), row.weights, on.board,
                        static_cast<std::int64_t>(on.runs.size()), std::exp(on.log_joules),
                        on.log_joules - of_all, cell(left), std::ranges::max(intervals),
                        std::ranges::min(on.runs, {}, &Row::measured_at)->measured_at});
    }
  }
}

/// An identity is long, and the end tells boards apart: "... 97b8ee32".
std::string end_of(const std::string& board) {
  constexpr std::size_t kShown = 8;
  return board.size() <= kShown ? board : "… " + board.substr(board.size() - kShown);
}

/// A line of the figure for each board, from the one that takes least to the one that takes most.
std::vector<std::string> in_order(const SharedConfigurations& configurations) {
  std::map<std::string, std::vector<double>> beside;
  for (const auto& [key, configuration] : configurations) {
    const double of_all = mean_log(configuration);
    for (const OnBoard& on : configuration) beside[on.board].push_back(on.log_joules - of_all);
  }
  std::vector<std::string> boards;
  for (const auto& [board, values] : beside) boards.push_back(board);
  std::ranges::stable_sort(boards, {}, [&](const std::string& b) { return mean(beside.at(b)); });
  return boards;
}

void add_figure(Outcome& o, const SharedConfigurations& configurations) {
  std::vector<const Row*> rows;
  for (const auto& [key, configuration] : configurations) {
    for (const OnBoard& on : configuration) rows.insert(rows.end(), on.runs.begin(), on.runs.end());
  }
  const std::vector<std::string> boards = in_order(configurations);
  figure::Figure f = begin_figure(
      o, rows, "One configuration on several boards",
      fmt::format("n = {} on {}", count(configurations.size(), "configuration", "configurations"),
                  count(boards.size(), "board", "boards")));
  f.x = {"energy per image beside the mean of a configuration's boards", "%"};
  f.y = {"board", ""};
  f.groups = kinds();
  for (const std::string& board : boards) f.y.categories.push_back(end_of(board));
  const auto place = [&](const std::string& board) {
    return static_cast<double>(std::ranges::find(boards, board) - boards.begin());
  };
  for (const auto& [key, configuration] : configurations) {
    const double of_all = mean_log(configuration);
    for (const OnBoard& on : configuration) {
      const double ratio = std::exp(on.log_joules - of_all);
      figure::Mark m{in_words(configuration), 100.0 * (ratio - 1.0), place(on.board)};
      const auto widest = std::ranges::max(on.runs, {}, [](const Row* r) { return *r->ci95_rel; });
      const figure::Range within = range_of(ratio, *widest->ci95_rel);
      m.x_range = figure::Range{100.0 * (within.low - 1.0), 100.0 * (within.high - 1.0)};
      m.group = kind_of(row_of(configuration));
      m.remark = count(on.runs.size(), "run", "runs");
      f.marks.push_back(std::move(m));
    }
  }
  f.references.push_back({true, 0.0, ""});
  f.notes.insert(f.notes.begin(), "Bars: 95 % intervals of repetition, the widest of the runs.");
  o.figures.push_back(std::move(f));
}

}  // namespace

Result<Outcome> boards(const Input& input) {
  const auto worth = [&](const std::string& setup) {
    return shared_configurations(fit_rows(input.rows, setup, "").rows).size();
  };
  auto started = begin_with_every_run(input, worth);
  if (!started) return tl::unexpected(started.error());
  Begun& begun = *started;
  Outcome& o = begun.outcome;
  o.of = "runs";
  leave_out(begun.chosen, "no_board", "which board it was is not known",
            [](const Row& row) { return row.board.empty(); });
  const auto configurations = shared_configurations(begun.chosen.rows);
  const auto offsets = offsets_of(begun.chosen.rows);
  leave_out(begun.chosen, "host_bound", "the host held it up, or its method does not say so",
            [](const Row& row) { return may_be_of_the_host(row); });
  leave_out(begun.chosen, "one_board", "its configuration was measured on one board alone",
            [&](const Row& row) { return !configurations.contains(configuration_key(row)); });
  if (configurations.empty()) {
    return too_few(begun, "no configuration was measured on two boards.");
  }
  settle(begun);
  const auto factors = board_factors(configurations);
  add_table(o, configurations, factors);
  add_all(o, configurations, boards_of(configurations).size());
  add_factors(o, factors, configurations.size());
  add_comparisons(o, offsets);
  add_most_measured(o, configurations);
  add_figure(o, configurations);
  o.caveats.emplace_back(
      "The same boards recur in many configurations, so that there are fewer independent ones than "
      "an interval over all configurations takes them for; temperature, host and version of the "
      "method go with a board.");
  return std::move(o);
}

}  // namespace joulemark::analysis

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::size_t kFewestPairs = 3;

/// One model on two setups.
struct Pair {
  const Row* from;
  const Row* to;
  double ratio() const { return *to->energy_j_per_image / *from->energy_j_per_image; }
  double rel() const { return rel_between(*from, *to, kSharedBetweenSetups); }
  bool of_two() const { return of_two_boards(from->board, to->board); }
  bool loses() const { return ratio() > 1.0; }
  /// Beyond the intervals of both.
  bool surely_loses() const { return std::log(ratio()) > rel(); }
};

/// All models that two setups share. `to` is the one that takes less, in the geometric mean.
struct Comparison {
  std::string from, to;
  std::vector<Pair> pairs;
  GeometricMean mean;
};

std::vector<double> ratios(const std::vector<Pair>& pairs) {
  std::vector<double> out;
  for (const Pair& p : pairs) out.push_back(p.ratio());
  return out;
}

/// All fit rows of each model, the newest first.
using ByModel = std::map<std::string, std::vector<const Row*>>;
ByModel by_model(const std::vector<const Row*>& rows) {
  ByModel models;
  for (const Row* row : rows) models[subject(*row)].push_back(row);
  for (auto& [model, of_it] : models) {
    std::ranges::stable_sort(of_it, std::greater<>(), [](const Row* r) { return age(*r); });
  }
  return models;
}

/// The newest two that one board measured: what it does to one it does to the other, and it is no
/// part of their ratio. Else the newest of each.
Pair choose_pair(const std::vector<const Row*>& a, const std::vector<const Row*>& b) {
  for (const Row* row : a) {
    const auto is_beside = [&](const Row* r) {
      return !r->board.empty() && r->board == row->board;
    };
    if (const auto found = std::ranges::find_if(b, is_beside); found != b.end())
      return {row, *found};
  }
  return {a.front(), b.front()};
}

std::vector<Pair> pairs_of(const ByModel& a, const ByModel& b) {
  std::vector<Pair> pairs;
  for (const auto& [model, rows] : a) {
    if (const auto found = b.find(model); found != b.end())
      pairs.push_back(choose_pair(rows, found->second));
  }
  return pairs;
}

std::optional<Comparison> compare(const std::string& from, const std::string& to,
                                  std::vector<Pair> pairs) {
  const auto mean = pairs.size() < kFewestPairs ? std::nullopt : geometric_mean(ratios(pairs));
  if (!mean) return std::nullopt;
  if (mean->mean > 1.0) {
    for (Pair& p : pairs) std::swap(p.from, p.to);
    return Comparison{to, from, pairs, *geometric_mean(ratios(pairs))};
  }
  return Comparison{from, to, pairs, *mean};
}

/// What tells two setups apart, beside their names: one thing is a comparison of it, several are
/// not.
std::string differences(const Pair& p) {
  struct Part {
    const char* words;
    std::string Row::* field;
  };
  constexpr std::array kParts = {Part{"device", &Row::device},
                                 Part{"runtime", &Row::runtime},
                                 Part{"runtime version", &Row::runtime_version},
                                 Part{"format", &Row::format},
                                 Part{"precision", &Row::precision},
                                 Part{"memory layout", &Row::layout}};
  std::vector<std::string> words;
  for (const Part& part : kParts) {
    if (p.from->*part.field != p.to->*part.field) words.emplace_back(part.words);
  }
  return words.empty() ? "their names only" : join_words(words);
}

void add_rows(Outcome& o, const Comparison& c) {
  for (const Pair& p : c.pairs) {
    const double ratio = p.ratio();
    const Interval ci95 = in_logarithm(ratio, p.rel());
    o.rows.push_back({c.from, c.to, subject(*p.from), p.from->kind, p.from->family,
                      *p.from->energy_j_per_image, *p.to->energy_j_per_image, ratio, ci95.low,
                      ci95.high, cell(p.from->batch), cell(p.to->batch),
                      p.surely_loses() ? "yes"
                      : p.loses()      ? "within the intervals"
                                       : "no",
                      p.from->run, p.to->run});
  }
}

void add_values(Outcome& o, const Comparison& c) {
  const std::size_t n = c.pairs.size();
  const auto loses = static_cast<std::size_t>(std::ranges::count_if(c.pairs, &Pair::loses));
  o.values.push_back(
      {"geometric_mean_ratio", compared(c.from, c.to), "1", c.mean.mean, c.mean.ci95, "", n});
  o.values.push_back({"spread", compared(c.from, c.to), "1", c.mean.spread, std::nullopt,
                      "it is itself the spread between models", n});
  o.values.push_back({"share_that_loses", compared(c.from, c.to), "1",
                      static_cast<double>(loses) / static_cast<double>(n), share_ci95(loses, n), "",
                      n});
}

void add_sentences(Outcome& o, const Comparison& c) {
  const auto by_ratio = [](const Pair& a, const Pair& b) { return a.ratio() < b.ratio(); };
  const Pair& best = *std::ranges::min_element(c.pairs, by_ratio);
  const Pair& worst = *std::ranges::max_element(c.pairs, by_ratio);
  o.sentences.push_back(fmt::format(
      "{} takes {} times the energy of {}, in the geometric mean of {}; two in three models are "
      "within a factor of {} of that.",
      c.to, with_interval(c.mean.mean, c.mean.ci95), c.from,
      count(c.pairs.size(), "model", "models"), digits(c.mean.spread)));
  std::vector<std::string> losers, sure;
  for (const Pair& p : c.pairs) {
    if (p.surely_loses()) {
      sure.push_back(subject(*p.from));
    } else if (p.loses()) {
      losers.push_back(subject(*p.from));
    }
  }
  std::string text = fmt::format("Best: {} ({}); worst: {} ({}).", subject(*best.from),
                                 digits(best.ratio()), subject(*worst.from), digits(worst.ratio()));
  if (!sure.empty()) text += fmt::format(" It loses with {}.", join_words(sure));
  if (!losers.empty()) {
    text += fmt::format(" It loses, but within the intervals, with {}.", join_words(losers));
  }
  if (losers.empty() && sure.empty()) text += " It loses with none.";
  o.sentences.push_back(text);
  const auto two = std::ranges::count_if(c.pairs, &Pair::of_two);
  if (two > 0) {
    o.caveats.push_back(fmt::format(
        "{} of {} pairs are of two boards: what these differ by, perhaps some per cent, is in the "
        "mean ratio of {} and not in its interval.",
        two, c.pairs.size(), compared(c.from, c.to)));
  }
  const std::string differ = differences(c.pairs.front());
  o.caveats.push_back(fmt::format("{} and {} differ in {}.", c.from, c.to, differ));
}

/// The geometric mean of those pairs whose models are alike in something, with enough of them.
struct PartOf {
  std::string name;
  std::size_t pairs = 0;
  GeometricMean mean;
};
/// Sorted by what is saved, the most first. `few`: names of the others.
struct Parts {
  std::vector<PartOf> made;
  std::vector<std::string> few;
};
Parts parts_of(const Comparison& c, std::string Row::* field) {
  std::map<std::string, std::vector<Pair>> groups;
  for (const Pair& p : c.pairs) groups[p.from->*field].push_back(p);
  groups.erase("");
  Parts parts;
  for (const auto& [name, pairs] : groups) {
    if (const auto mean = geometric_mean(ratios(pairs))) {
      parts.made.push_back({name, pairs.size(), *mean});
    } else {
      parts.few.push_back(fmt::format("{} ({})", name, pairs.size()));
    }
  }
  std::ranges::stable_sort(parts.made, {}, [](const PartOf& p) { return p.mean.mean; });
  return parts;
}

/// The same for a kind or a family of models, where three of it were measured on both.
void add_parts(Outcome& o, const Comparison& c) {
  std::vector<std::string> sentences;
  const auto add = [&](const char* by, const Parts& parts) {
    std::vector<std::string> words;
    for (const PartOf& p : parts.made) {
      o.values.push_back({fmt::format("geometric_mean_ratio_of_{}", by),
                          fmt::format("{}, {}", p.name, compared(c.from, c.to)), "1", p.mean.mean,
                          p.mean.ci95, "", p.pairs});
      words.push_back(fmt::format("{} {} of {}", p.name, with_interval(p.mean.mean, p.mean.ci95),
                                  count(p.pairs, "model", "models")));
    }
    if (!words.empty())
      sentences.push_back(fmt::format("The same mean by {}: {}.", by, ends_in_words(words)));
  };
  const Parts kinds = parts_of(c, &Row::kind);
  add("kind", kinds);
  add("family", parts_of(c, &Row::family));
  if (!kinds.made.empty() && !kinds.few.empty()) {
    sentences.push_back(fmt::format("Of {} there are too few to say.", join_words(kinds.few)));
  }
  if (!sentences.empty()) o.sentences.push_back(fmt::format("{}", fmt::join(sentences, " ")));
}

void add_columns(Outcome& o) {
  o.columns = {{"from", "", "setup that takes more, in the geometric mean"},
               {"to", "", "setup that takes less"},
               {"model", "", "architecture, and its input size where that is not 224x224"},
               {"kind", "", "CNN, transformer, hybrid, MLP or other"},
               {"family", "", "architectures of one paper"},
               {"from_j_per_image", "J", "gross energy per image"},
               {"to_j_per_image", "J", "gross energy per image"},
               {"ratio", "1", "to over from; what is saved is 1 less this"},
               {"ratio_low", "1", "of its 95 % interval"},
               {"ratio_high", "1", "of its 95 % interval"},
               {"from_batch", "images", "images per inference"},
               {"to_batch", "images", "images per inference"},
               {"loses", "", "whether it takes more there: yes, within the intervals, or no"},
               {"from_run", "", "identifier of the measurement"},
               {"to_run", "", "identifier of the measurement"}};
}

/// Every two setups that share enough models; the others in words.
struct Comparisons {
  std::vector<Comparison> made;
  std::vector<std::string> few;
};
Comparisons compare_all(const std::map<std::string, Chosen>& fit) {
  std::map<std::string, ByModel> setups;
  for (const auto& [setup, chosen] : fit) setups.emplace(setup, by_model(chosen.rows));
  Comparisons all;
  for (auto a = setups.begin(); a != setups.end(); ++a) {
    for (auto b = std::next(a); b != setups.end(); ++b) {
      const auto pairs = pairs_of(a->second, b->second);
      if (auto c = compare(a->first, b->first, pairs)) {
        all.made.push_back(std::move(*c));
      } else {
        all.few.push_back(fmt::format("{} and {} ({})", a->first, b->first, pairs.size()));
      }
    }
  }
  return all;
}

/// All rows that stand in a comparison, and why the others do not.
Chosen used_rows(std::map<std::string, Chosen> setups, const std::vector<Comparison>& made) {
  std::set<const Row*> used;
  for (const Comparison& c : made) {
    for (const Pair& p : c.pairs) used.insert({p.from, p.to});
  }
  Chosen all;
  for (auto& [setup, chosen] : setups) {
    std::set<std::string> models;
    for (const Row* row : chosen.rows) {
      if (used.contains(row)) models.insert(subject(*row));
    }
    leave_out(
        chosen, "measured_again",
        "another row of the same model stands, the newest or one of its partner's board",
        [&](const Row& row) { return !used.contains(&row) && models.contains(subject(row)); });
    leave_out(chosen, "not_paired", "not measured on another setup that it could be compared with",
              [&](const Row& row) { return !used.contains(&row); });
    for (LeftOut& l : chosen.left_out) all.left_out.push_back(std::move(l));
    all.rows.insert(all.rows.end(), chosen.rows.begin(), chosen.rows.end());
  }
  merge(all.left_out);
  return all;
}

/// All pairs of one comparison, and their mean, in one row of the figure.
void add_marks(figure::Figure& f, const Comparison& c) {
  const auto at = static_cast<double>(f.y.categories.size());
  f.y.categories.push_back(fmt::format("from {} to {} (n = {})", c.from, c.to, c.pairs.size()));
  const auto [best, worst] = std::ranges::minmax_element(c.pairs, {}, &Pair::ratio);
  for (auto p = c.pairs.begin(); p != c.pairs.end(); ++p) {
    figure::Mark m{subject(*p->from), p->ratio(), at};
    m.group = kind_of(*p->from);
    m.named = p == best || p == worst;
    const Interval range = in_logarithm(m.x, p->rel());
    m.remark = fmt::format("95 %: {} to {}", digits(range.low), digits(range.high));
    f.marks.push_back(std::move(m));
  }
  figure::Mark mean{"geometric mean", c.mean.mean, at};
  mean.x_range = figure::Range{c.mean.ci95.low, c.mean.ci95.high};
  mean.weight = figure::Weight::strong;
  f.marks.push_back(std::move(mean));
}

void add_figure(Outcome& o, const std::vector<Comparison>& made,
                const std::vector<const Row*>& rows) {
  figure::Figure f = begin_figure(o, rows, "What one setup saves over another");
  f.x = {"energy on the second setup, times that on the first", "1", figure::Scale::logarithmic};
  f.y = {"setups", ""};
  f.groups = kinds();
  f.strong_means = "geometric mean with its 95 % interval";
  for (const Comparison& c : made) add_marks(f, c);
  f.references = {{true, 1.0, "equal"}};
  f.notes.insert(f.notes.begin(), "Each small mark is a model. Named: the best and the worst.");
  o.figures = {std::move(f)};
}

}  // namespace

std::string compared(const std::string& from, const std::string& to) { return from + " -> " + to; }

Result<Outcome> runtimes(const Input& input) {
  // Of every row that is fit: which of a model's stands, its partner decides.
  const auto setups = by_setup(input, fit_rows);
  if (setups.empty()) return tl::unexpected(no_rows());
  const Comparisons comparisons = compare_all(setups);
  Begun begun{used_rows(setups, comparisons.made), {}};
  Outcome& o = begun.outcome;
  o.policy = input.policy;
  o.of = "pairs of measurements";
  if (!comparisons.few.empty()) {
    o.caveats.push_back(fmt::format("Not compared, because they share fewer than three models: {}.",
                                    fmt::join(comparisons.few, "; ")));
  }
  if (comparisons.made.empty()) {
    return too_few(begun, "no two setups share three models under this policy.");
  }
  settle(begun);
  add_columns(o);
  o.n = 0;
  for (const Comparison& c : comparisons.made) {
    o.n += c.pairs.size();
    add_rows(o, c);
    add_values(o, c);
    add_sentences(o, c);
    add_parts(o, c);
  }
  add_figure(o, comparisons.made, begun.chosen.rows);
  return std::move(o);
}

}  // namespace joulemark::analysis

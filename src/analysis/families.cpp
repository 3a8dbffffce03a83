#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "analysis/price.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::size_t kFewestOfGroup = 3;
constexpr std::size_t kFewestKinds = 2;
constexpr std::array kKinds = {catalogue::Kind::cnn, catalogue::Kind::transformer,
                               catalogue::Kind::hybrid, catalogue::Kind::mlp};

/// The cheapest of a group with at least some accuracy, beside the cheapest of all.
struct AtLevel {
  double accuracy = 0.0;  ///< percent
  std::size_t n = 0;      ///< how many of the group are as accurate
  Step step;              ///< from the cheapest of all to the group's
  bool is_cheapest = false;
};

/// Models of one kind or of one family.
struct Group {
  const char* by;  ///< "kind" or "family"
  std::string name;
  Prices models;
  Prices frontier;  ///< its own
  std::size_t on_common_frontier = 0;
  std::vector<AtLevel> levels;  ///< that it reaches
  Median times;                 ///< energy over that of the cheapest of all that is as accurate
};

double times_cheapest(const Priced& model, const Prices& all) {
  return model.joules() / cheapest_with(all, model.accuracy)->joules();
}

std::vector<AtLevel> at_levels(const Prices& models, const Prices& all) {
  std::vector<AtLevel> levels;
  for (const double level : kLevels) {
    const Priced* cheapest = cheapest_with(models, level);
    if (cheapest == nullptr) break;
    const Priced* of_all = cheapest_with(all, level);
    const auto n =
        std::ranges::count_if(models, [&](const Priced& m) { return m.accuracy >= level; });
    levels.push_back({level, static_cast<std::size_t>(n), step(*of_all->row, *cheapest->row),
                      of_all->row == cheapest->row});
  }
  return levels;
}

Result<Group> group_of(const char* by, const std::string& name, const std::vector<const Row*>& rows,
                       const Prices& all, const Prices& common_frontier) {
  Group g{by, name, by_top1(rows), {}, 0, {}, {}};
  auto frontier = frontier_of(g.models);
  if (!frontier) return tl::unexpected(frontier.error());
  g.frontier = std::move(*frontier);
  for (const Priced& m : g.frontier) {
    if (std::ranges::find(common_frontier, m.row, &Priced::row) != common_frontier.end()) {
      ++g.on_common_frontier;
    }
  }
  g.levels = at_levels(g.models, all);
  std::vector<double> times;
  for (const Priced& m : g.models) times.push_back(times_cheapest(m, all));
  g.times = *median(times);
  return g;
}

/// Kinds with enough models to say something, and the others in words.
struct Kinds {
  std::vector<Group> made;
  std::vector<std::string> few;
};

Result<Kinds> by_kind(const std::vector<const Row*>& rows, const Prices& all,
                      const Prices& frontier) {
  Kinds kinds;
  auto of_kind = grouped(rows, [](const Row& row) { return row.kind; });
  for (const catalogue::Kind kind : kKinds) {
    const std::string name(catalogue::name(kind));
    const std::vector<const Row*> of_this = std::move(of_kind[name]);
    of_kind.erase(name);
    if (of_this.size() < kFewestOfGroup) {
      kinds.few.push_back(fmt::format("{} ({})", name, count(of_this.size(), "model", "models")));
      continue;
    }
    auto g = group_of("kind", name, of_this, all, frontier);
    if (!g) return tl::unexpected(g.error());
    kinds.made.push_back(std::move(*g));
  }
  for (const auto& [name, others] : of_kind) {
    kinds.few.push_back(fmt::format("{} of {}", count(others.size(), "model", "models"),
                                    name.empty() ? "an unknown kind" : "no one kind"));
  }
  return kinds;
}

Result<std::vector<Group>> by_family(const std::vector<const Row*>& rows, const Prices& all,
                                     const Prices& frontier) {
  std::vector<Group> made;
  for (const auto& [name, of_this] : grouped(rows, [](const Row& row) { return row.family; })) {
    if (name.empty() || of_this.size() < kFewestOfGroup) continue;
    auto g = group_of("family", name, of_this, all, frontier);
    if (!g) return tl::unexpected(g.error());
    made.push_back(std::move(*g));
  }
  return made;
}

// --- the outcome

void add_columns(Outcome& o) {
  o.columns = {{"by", "", "kind or family"},
               {"group", "", "name of the kind or family"},
               {"model", "", "on the frontier of this group: no other of it beats the model"},
               {"weights", "", "those published whose top-1 is highest at this size"},
               {"imagenet_top1", "%", "published"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"cheapest", "", "of all models that are as accurate, the one of least energy"},
               {"times_cheapest", "1", "energy over that of the cheapest"},
               {"times_low", "1", "of its 95 % interval"},
               {"times_high", "1", "of its 95 % interval"},
               {"run", "", "identifier of the measurement"}};
}

void add_rows(Outcome& o, const Group& g, const Prices& all) {
  for (const Priced& m : g.frontier) {
    const Priced* cheapest = cheapest_with(all, m.accuracy);
    const Step s = step(*cheapest->row, *m.row);
    o.rows.push_back({g.by, g.name, subject(*m.row), m.row->best_model, m.accuracy, m.joules(),
                      subject(*cheapest->row), s.times, s.times_ci95.low, s.times_ci95.high,
                      m.row->run});
  }
}

void add_values(Outcome& o, const Group& g) {
  const auto counted = [&](const char* what, std::size_t number) {
    o.values.push_back({what,
                        g.name,
                        "",
                        static_cast<double>(number),
                        {},
                        "a count of these models",
                        g.models.size()});
  };
  counted("own_frontier", g.frontier.size());
  counted("on_common_frontier", g.on_common_frontier);
  for (const AtLevel& level : g.levels) {
    o.values.push_back({"times_at_accuracy", fmt::format("{} at {:g} %", g.name, level.accuracy),
                        "1", level.step.times, level.step.times_ci95, "", level.n});
  }
  o.values.push_back(value_of("median_times_cheapest", g.name, "1", g.times, g.models.size()));
}

/// "from 1.17 (95 %: 1.08 to 1.26) times the least energy at 84 % top-1 to 2.10 (95 %: 1.90
/// to 2.30) times at 76 %": of those levels at which the cheapest of the group is not the cheapest
/// of all.
std::string dearer_in_words(std::vector<AtLevel> dearer) {
  std::ranges::sort(dearer, {}, [](const AtLevel& l) { return l.step.times; });
  const auto times = [](const AtLevel& l) {
    return with_interval(l.step.times, l.step.times_ci95);
  };
  const AtLevel& least = dearer.front();
  const AtLevel& most = dearer.back();
  std::string words =
      fmt::format("{} times the least energy at {:g} % top-1", times(least), least.accuracy);
  if (dearer.size() == 1) return words;
  return fmt::format("from {} to {} times at {:g} %", words, times(most), most.accuracy);
}

/// "is the cheapest of all at 78 and 80 % top-1 and elsewhere takes 1.02 (95 %: 0.98 to 1.06) times
/// at 82 %; none has 84 %".
std::string levels_in_words(const Group& g) {
  std::vector<std::string> cheapest, parts;
  std::vector<AtLevel> dearer;
  for (const AtLevel& level : g.levels) {
    if (level.is_cheapest) {
      cheapest.push_back(fmt::format("{:g}", level.accuracy));
    } else {
      dearer.push_back(level);
    }
  }
  if (!cheapest.empty()) {
    parts.push_back(fmt::format("is the cheapest of all at {} % top-1", join_words(cheapest)));
  }
  if (!dearer.empty()) {
    parts.push_back(fmt::format("{} {}", cheapest.empty() ? "takes" : "and elsewhere takes",
                                dearer_in_words(dearer)));
  }
  std::string words = fmt::format("{}", fmt::join(parts, " "));
  if (g.levels.size() < std::size(kLevels)) {
    words += fmt::format("{}none has {:g} %", words.empty() ? "is not compared: " : "; ",
                         kLevels[g.levels.size()]);
  }
  return words;
}

std::string median_in_words(const Group& g) {
  return with_interval(g.times.value, g.times.ci95, kFewerThanSix);
}

void add_sentence_of_kind(Outcome& o, const Group& g) {
  o.sentences.push_back(
      fmt::format("The cheapest of {} {}s {}.", g.models.size(), g.name, levels_in_words(g)));
  o.sentences.push_back(fmt::format(
      "The median {} takes {} times the energy of the cheapest model of any kind that is as "
      "accurate; {} on the frontier of {}s, {} of them on that of all.",
      g.name, median_in_words(g),
      g.frontier.size() == 1 ? "1 is" : fmt::format("{} are", g.frontier.size()), g.name,
      g.on_common_frontier));
}

void add_sentence_of_families(Outcome& o, const std::vector<Group>& families) {
  if (families.empty()) {
    o.sentences.emplace_back("Of no family were three models measured.");
    return;
  }
  std::vector<const Group*> by_times;
  for (const Group& g : families) by_times.push_back(&g);
  std::ranges::stable_sort(by_times, {}, [](const Group* g) { return g->times.value; });
  std::vector<std::string> words;
  for (const Group* g : by_times) {
    words.push_back(fmt::format("{} {} times ({})", g->name, median_in_words(*g),
                                count(g->models.size(), "model", "models")));
  }
  o.sentences.push_back(fmt::format(
      "The median model of each family with three or more takes, over the cheapest that is as "
      "accurate: {}.",
      ends_in_words(words)));
}

void add_caveats(Outcome& o, const Kinds& kinds) {
  if (!kinds.few.empty()) {
    o.caveats.push_back(
        fmt::format("Among all, but not compared, for want of three models or of a kind: {}.",
                    join_words(kinds.few)));
  }
  o.caveats.emplace_back(
      "The cheapest of many is cheaper than the cheapest of few: a kind of which fewer models were "
      "measured looks dearer at equal accuracy. The intervals are of the two models' energies, and "
      "say nothing of models that were not measured.");
}

/// The frontier of each kind, the ends of it named.
void add_figure(Outcome& o, const Kinds& kinds_made, const std::vector<const Row*>& rows) {
  figure::Figure f = begin_figure(o, rows, "Frontiers of kinds of models");
  f.x = energy_axis();
  f.y = accuracy_axis();
  f.groups = kinds();
  for (const Group& g : kinds_made.made) {
    figure::Line line{"", {}};
    line.steps = true;
    line.group = kind_of(*g.frontier.front().row);
    for (const Priced& m : std::views::reverse(g.frontier)) {  // the most accurate are named first
      figure::Mark mark{subject(*m.row), m.joules(), m.accuracy,
                        range_of(m.joules(), rel_of(*m.row, kSharedBetweenModels))};
      mark.group = line.group;
      mark.named = m.row == g.frontier.front().row || m.row == g.frontier.back().row;
      f.marks.push_back(std::move(mark));
      line.places.push_back({m.joules(), m.accuracy});
    }
    std::ranges::reverse(line.places);
    f.lines.push_back(std::move(line));
  }
  f.notes.insert(f.notes.begin(), kBarsBesideModels);
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> families(const Input& input) {
  auto begun = begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  const std::vector<const Row*>& rows = begun->chosen.rows;
  const Prices all = by_top1(rows);
  const auto frontier = frontier_of(all);
  if (!frontier) return tl::unexpected(frontier.error());
  const auto kinds = by_kind(rows, all, *frontier);
  if (!kinds) return tl::unexpected(kinds.error());
  const auto families = by_family(rows, all, *frontier);
  if (!families) return tl::unexpected(families.error());
  if (kinds->made.size() < kFewestKinds) {
    return too_few(*begun,
                   fmt::format("a comparison needs two kinds with three models each, and {}.",
                               kinds->made.empty()
                                   ? "no kind has them"
                                   : fmt::format("only {} has them", kinds->made.front().name)));
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  add_columns(o);
  for (const Group& g : kinds->made) {
    add_rows(o, g, all);
    add_values(o, g);
    add_sentence_of_kind(o, g);
  }
  for (const Group& g : *families) {
    add_rows(o, g, all);
    add_values(o, g);
  }
  add_sentence_of_families(o, *families);
  add_caveats(o, *kinds);
  add_figure(o, *kinds, rows);
  return std::move(o);
}

}  // namespace joulemark::analysis

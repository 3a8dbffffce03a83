#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <tuple>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "analysis/price.hpp"

namespace joulemark::analysis {
namespace {

struct Placed {
  const Row* row;
  Candidate candidate;
  Standing standing;
  const Row* cheapest;          ///< of all that are as accurate: itself on the frontier
  double times_cheapest = 1.0;  ///< its energy over that one's
};

std::vector<Placed> place(const std::vector<const Row*>& rows, const std::vector<Candidate>& c,
                          const std::vector<Standing>& standings) {
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::size_t cheapest = i;
    for (std::size_t j = 0; j < rows.size(); ++j) {
      if (c[j].accuracy >= c[i].accuracy && c[j].joules < c[cheapest].joules) cheapest = j;
    }
    placed.push_back(
        {rows[i], c[i], standings[i], rows[cheapest], c[i].joules / c[cheapest].joules});
  }
  std::ranges::sort(placed, {}, [](const Placed& p) {
    return std::tuple(p.candidate.joules, -p.candidate.accuracy, subject(*p.row));
  });
  return placed;
}

std::size_t count_of(const std::vector<Placed>& placed, Standing standing) {
  return static_cast<std::size_t>(std::ranges::count(placed, standing, &Placed::standing));
}

void add_table(Outcome& o, const std::vector<Placed>& placed) {
  o.columns = {{"model", "", "architecture, and its input size where that is not 224x224"},
               {"weights", "", "those published whose top-1 is highest at this size"},
               {"kind", "", "CNN, transformer, hybrid, MLP or other"},
               {"imagenet_top1", "%", "published"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"energy_rel", "1", "half width of the 95 % interval beside other models, relative"},
               {"batch", "images", "images per inference"},
               {"standing", "", "member, uncertain member, possible member or dominated"},
               {"cheapest", "", "of all models that are as accurate, the one of least energy"},
               {"times_cheapest", "1", "energy over that of the cheapest"},
               {"run", "", "identifier of the measurement"}};
  for (const Placed& p : placed) {
    o.rows.push_back({subject(*p.row), p.row->best_model, p.row->kind, p.candidate.accuracy,
                      p.candidate.joules, p.candidate.rel, cell(p.row->batch), name(p.standing),
                      subject(*p.cheapest), p.times_cheapest, p.row->run});
  }
}

void add_values(Outcome& o, const std::vector<Placed>& placed) {
  const auto counted = [&](const char* what, std::size_t number) {
    o.values.push_back(
        {what, "", "", static_cast<double>(number), std::nullopt, "a count of these models", o.n});
  };
  const std::size_t members = count_of(placed, Standing::member);
  const std::size_t uncertain = count_of(placed, Standing::uncertain);
  counted("frontier", members + uncertain);
  counted("uncertain_members", uncertain);
  counted("possible_members", count_of(placed, Standing::possible));
  std::vector<double> times;
  for (const Placed& p : placed) times.push_back(p.times_cheapest);
  o.values.push_back(value_of("median_times_cheapest", "", "1", *median(times), o.n));
}

void add_sentences(Outcome& o, const std::vector<Placed>& placed) {
  std::vector<const Placed*> members;
  for (const Placed& p : placed) {
    if (on_frontier(p.standing)) members.push_back(&p);
  }
  const std::size_t uncertain = count_of(placed, Standing::uncertain);
  const std::size_t possible = count_of(placed, Standing::possible);
  o.sentences.push_back(fmt::format(
      "{} of {} are on the frontier: from {} ({} % top-1, {} per image) to {} ({} %, {}).",
      members.size(), count(o.n, "model", "models"), subject(*members.front()->row),
      digits(members.front()->candidate.accuracy), joules(members.front()->candidate.joules),
      subject(*members.back()->row), digits(members.back()->candidate.accuracy),
      joules(members.back()->candidate.joules)));
  o.sentences.push_back(
      fmt::format("Within the intervals, {} of them may not belong there, and {} may.", uncertain,
                  count(possible, "other model", "other models")));
  const Value& middle = o.values.back();
  o.sentences.push_back(
      fmt::format("The median model takes {} times the energy of the cheapest that is as accurate "
                  "(n = {}).",
                  with_interval(middle.value, middle.ci95, middle.no_interval), o.n));
}

std::vector<const Row*> rows_of(const std::vector<Placed>& placed) {
  std::vector<const Row*> rows;
  for (const Placed& p : placed) rows.push_back(p.row);
  return rows;
}

void add_figure(Outcome& o, const std::vector<Placed>& placed) {
  figure::Figure f = begin_figure(o, rows_of(placed), "Accuracy against energy");
  f.x = energy_axis();
  f.y = accuracy_axis();
  f.groups = kinds();
  f.hollow_means = "on or off it, within the intervals";
  f.faint_means = "dominated";
  figure::Line line{"frontier", {}};
  line.steps = true;
  for (const Placed& p : std::views::reverse(placed)) {  // the most accurate are named first
    const Candidate& c = p.candidate;
    figure::Mark m{subject(*p.row), c.joules, c.accuracy, range_of(c.joules, c.rel)};
    m.group = kind_of(*p.row);
    m.hollow = p.standing == Standing::uncertain || p.standing == Standing::possible;
    m.named = on_frontier(p.standing);
    if (p.standing == Standing::dominated) m.weight = figure::Weight::faint;
    m.remark = fmt::format("{}, {} times the cheapest that is as accurate ({})", name(p.standing),
                           digits(p.times_cheapest), subject(*p.cheapest));
    f.marks.push_back(std::move(m));
    if (on_frontier(p.standing)) line.places.push_back({c.joules, c.accuracy});
  }
  std::ranges::reverse(line.places);
  f.lines = {std::move(line)};
  f.notes.insert(f.notes.begin(), kBarsBesideModels);
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> frontier(const Input& input) {
  auto begun = begin_with_accuracy(input);
  if (!begun) return tl::unexpected(begun.error());
  const std::vector<const Row*>& rows = begun->chosen.rows;
  if (rows.size() < 2) {
    return too_few(
        *begun, fmt::format("a frontier needs two models with energy and accuracy, and there {}.",
                            rows.empty() ? "is none" : "is one"));
  }
  const std::vector<Candidate> of_rows = candidates(by_top1(rows));
  const auto standing = standings(of_rows);
  if (!standing) return tl::unexpected(standing.error());
  settle(*begun);
  Outcome& o = begun->outcome;
  const std::vector<Placed> placed = place(rows, of_rows, *standing);
  add_table(o, placed);
  add_values(o, placed);
  add_sentences(o, placed);
  add_figure(o, placed);
  o.caveats.emplace_back(
      "Accuracies are those published, of 50,000 images and the best weights, whatever these were "
      "pretrained on: on other images, two models less than about half a point apart may change "
      "places.");
  return std::move(o);
}

}  // namespace joulemark::analysis

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>

#include "analysis/common.hpp"
#include "analysis/figures.hpp"
#include "analysis/intervals.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::size_t kFewestSizes = 3;
constexpr double kShareOfGain = 0.9;

/// One model at several sizes, by size.
using Sizes = std::vector<const Row*>;

/// What larger batches do for one model.
struct Gain {
  double times = 1.0;       ///< energy at the smallest size over the least energy
  std::int64_t best = 0;    ///< size of least energy
  std::int64_t nearly = 0;  ///< smallest measured size with 90 % of the gain
};
/// Pure arithmetic on sizes and their energies; absent where the smallest size has the least
/// energy, so that there is no gain.
std::optional<Gain> gain(const Sizes& sizes, const std::vector<double>& energies) {
  const auto least = std::ranges::min_element(energies) - energies.begin();
  if (least == 0) return std::nullopt;
  const auto at = [](auto i) { return static_cast<std::size_t>(i); };
  const double enough = energies[0] - kShareOfGain * (energies[0] - energies[at(least)]);
  const auto nearly =
      std::ranges::find_if(energies, [&](double e) { return e <= enough; }) - energies.begin();
  return Gain{energies[0] / energies[at(least)], *sizes[at(least)]->batch,
              *sizes[at(nearly)]->batch};
}

std::vector<double> energies_of(const Sizes& sizes) {
  std::vector<double> energies;
  for (const Row* row : sizes) energies.push_back(*row->energy_j_per_image);
  return energies;
}

/// Intervals of gain and size: energies drawn from theirs, which are independent between sizes.
struct GainInterval {
  Interval times;
  Interval nearly;
};
std::optional<GainInterval> gain_ci95(const Sizes& sizes) {
  boost::random::mt19937_64 random(kSeed);
  boost::random::normal_distribution<double> standard;
  std::vector<double> deviations;
  for (const Row* row : sizes) {
    const double sites_rel = rel_between(site_of(*row), site_of(*sizes[0]));
    deviations.push_back(std::hypot(rel_of(*row, kSharedBetweenSizes), sites_rel) /
                         kDeviationsOf95);
  }
  std::vector<double> times, nearly;
  for (std::size_t i = 0; i < kResamples; ++i) {
    std::vector<double> energies = energies_of(sizes);
    for (std::size_t k = 0; k < energies.size(); ++k) {
      energies[k] *= std::exp(deviations[k] * standard(random));
    }
    // No gain in a draw: the smallest size is then also the one that is enough.
    const auto g = gain(sizes, energies).value_or(Gain{1.0, *sizes[0]->batch, *sizes[0]->batch});
    times.push_back(g.times);
    nearly.push_back(static_cast<double>(g.nearly));
  }
  std::ranges::sort(nearly);
  // Sizes are those measured: order statistics, nothing between two of them.
  const auto order = [&](double q) {
    return nearly[static_cast<std::size_t>(q * static_cast<double>(nearly.size() - 1))];
  };
  return GainInterval{{*quantile(times, 0.025), *quantile(times, 0.975)},
                      {order(0.025), order(0.975)}};
}

std::map<std::string, Sizes> by_model(std::vector<const Row*> rows) {
  std::erase_if(rows, [](const Row* row) { return !row->batch; });
  auto models = grouped(rows, subject);
  for (auto& [name, sizes] : models)
    std::ranges::sort(sizes, {}, [](auto* r) { return *r->batch; });
  return models;
}

std::map<std::string, Sizes> at_several_sizes(const std::vector<const Row*>& rows) {
  auto models = by_model(rows);
  std::erase_if(models, [](const auto& m) { return m.second.size() < kFewestSizes; });
  return models;
}

Result<Begun> begin_with_sizes(const Input& input) {
  auto begun = begin(input, "", [](const auto& rows) { return at_several_sizes(rows).size(); });
  if (!begun) return begun;
  const auto models = at_several_sizes(begun->chosen.rows);
  leave_out(begun->chosen, "few_sizes", "measured at fewer than three batch sizes",
            [&](const Row& row) { return !row.batch || !models.contains(subject(row)); });
  return begun;
}

void add_columns(Outcome& o) {
  o.columns = {{"model", "", "architecture, and its input size where that is not 224x224"},
               {"batch", "images", "images per inference"},
               {"energy_j_per_image", "J", "gross energy per image"},
               {"energy_rel", "1", "half width of the 95 % interval beside other sizes, relative"},
               {"share_of_gain", "1",
                "of what the best size saves over the smallest; empty where "
                "nothing is saved"},
               {"best_batch", "images", "size of least energy"},
               {"batch_90", "images", "smallest measured size with 90 % of the gain"},
               {"batch_90_low", "images", "of its 95 % interval"},
               {"batch_90_high", "images", "of its 95 % interval"},
               {"gain_times", "1", "energy at the smallest size over that at the best"},
               {"gain_low", "1", "of its 95 % interval"},
               {"gain_high", "1", "of its 95 % interval"},
               {"run", "", "identifier of the measurement"}};
}

/// What one model contributes.
struct OfModel {
  std::string model;
  std::size_t sizes = 0;
  std::optional<Gain> gain;
  std::optional<GainInterval> ci95;
  bool is_told() const { return ci95 && ci95->times.low > 1.0; }
};

void add_rows(Outcome& o, const Sizes& sizes, const OfModel& m) {
  const double first = *sizes.front()->energy_j_per_image;
  for (const Row* row : sizes) {
    const double e = *row->energy_j_per_image;
    std::vector<Cell> cells = {m.model, *row->batch, e, rel_of(*row, kSharedBetweenSizes)};
    if (m.gain) {
      const double least = first / m.gain->times;
      const auto images = [](double size) { return static_cast<std::int64_t>(size); };
      cells.insert(cells.end(), {(first - e) / (first - least), m.gain->best, m.gain->nearly,
                                 images(m.ci95->nearly.low), images(m.ci95->nearly.high),
                                 m.gain->times, m.ci95->times.low, m.ci95->times.high});
    } else {
      cells.resize(cells.size() + 8);
    }
    cells.emplace_back(row->run);
    o.rows.push_back(std::move(cells));
  }
}

void add_values(Outcome& o, const std::vector<OfModel>& models) {
  for (const OfModel& m : models) {
    if (!m.gain) continue;
    const std::size_t n = m.sizes;
    o.values.push_back({"gain_times", m.model, "1", m.gain->times, m.ci95->times, "", n});
    o.values.push_back({"batch_90", m.model, "images", static_cast<double>(m.gain->nearly),
                        m.ci95->nearly, "", n});
  }
}

void add_gain(Outcome& o, const std::vector<double>& times) {
  const auto m = median(times);
  const auto [least, most] = std::ranges::minmax(times);
  o.values.push_back(value_of("median_gain_times", "", "1", *m, times.size()));
  o.sentences.push_back(fmt::format(
      "The smallest size takes {} times the energy of the best, in the median of {} that "
      "go from {} to {}.",
      with_interval(m->value, m->ci95, kFewerThanSix), count(times.size(), "model", "models"),
      digits(least), digits(most)));
}

void add_size(Outcome& o, const std::vector<double>& nearly) {
  const auto m = median(nearly);
  if (!m) return;
  const auto [least, most] = std::ranges::minmax(nearly);
  o.values.push_back(value_of("median_batch_90", "", "images", *m, nearly.size()));
  const std::string ci95 = m->ci95 ? fmt::format("95 %: {:g} to {:g}", m->ci95->low, m->ci95->high)
                                   : std::string(kFewerThanSix);
  o.sentences.push_back(
      fmt::format("90 % of that gain is reached at a batch of {:g} ({}), in the median of {} that "
                  "go from {:g} to "
                  "{:g}.",
                  m->value, ci95, count(nearly.size(), "model", "models"), least, most));
}

void add_summary(Outcome& o, const std::vector<OfModel>& models) {
  std::vector<double> times, nearly;
  std::vector<std::string> without;
  for (const OfModel& m : models) {
    times.push_back(m.gain ? m.gain->times : 1.0);
    if (m.is_told()) {
      nearly.push_back(static_cast<double>(m.gain->nearly));
    } else {
      without.push_back(m.model);
    }
  }
  add_gain(o, times);
  add_size(o, nearly);
  if (without.empty()) return;
  o.sentences.push_back(fmt::format("Of {}, no gain can be told within the intervals: {}.",
                                    count(without.size(), "model", "models"),
                                    fmt::join(without, ", ")));
}

/// Lines of so many models can be told apart and named.
constexpr std::size_t kFewLines = 12;

void add_figure(Outcome& o, const std::map<std::string, Sizes>& models,
                const std::vector<OfModel>& of_models, const std::vector<const Row*>& rows) {
  figure::Figure f = begin_figure(o, rows, "Energy against batch size");
  f.x = {"batch", "images", figure::Scale::powers_of_two};
  f.y = energy_axis();
  f.groups = kinds();
  f.strong_means = "90 % of the gain is reached";
  const bool are_few = models.size() <= kFewLines;
  for (const OfModel& m : of_models) {
    const Sizes& sizes = models.at(m.model);
    figure::Line line{"", {}};
    line.group = kind_of(*sizes.front());
    if (!are_few) line.weight = figure::Weight::faint;
    for (const Row* row : sizes) {
      figure::Mark mark{m.model, static_cast<double>(*row->batch), *row->energy_j_per_image};
      mark.y_range = range_of(mark.y, rel_of(*row, kSharedBetweenSizes));
      mark.group = line.group;
      mark.named = are_few && row == sizes.front();
      const bool is_nearly = m.is_told() && m.gain->nearly == *row->batch;
      mark.weight = is_nearly ? figure::Weight::strong : line.weight;
      line.places.push_back({mark.x, mark.y});
      f.marks.push_back(std::move(mark));
    }
    f.lines.push_back(std::move(line));
  }
  if (const Value* middle = find_value(o, "median_batch_90")) {
    f.references = {{true, middle->value, fmt::format("median of {:g}", middle->value)}};
  }
  f.notes.insert(f.notes.begin(), "Bars: 95 % intervals beside other sizes of the model.");
  o.figures = {std::move(f)};
}

}  // namespace

Result<Outcome> batch(const Input& input) {
  auto begun = begin_with_sizes(input);
  if (!begun) return tl::unexpected(begun.error());
  const auto models = at_several_sizes(begun->chosen.rows);
  if (models.empty()) {
    return too_few(*begun, "no model of this setup was measured at three batch sizes.");
  }
  settle(*begun);
  Outcome& o = begun->outcome;
  o.n = models.size();
  add_columns(o);
  std::vector<OfModel> of_models;
  for (const auto& [model, sizes] : models) {
    const auto g = gain(sizes, energies_of(sizes));
    of_models.push_back({model, sizes.size(), g, g ? gain_ci95(sizes) : std::nullopt});
    add_rows(o, sizes, of_models.back());
  }
  add_values(o, of_models);
  add_summary(o, of_models);
  add_figure(o, models, of_models, begun->chosen.rows);
  o.caveats.emplace_back(
      "Sizes are those measured, mostly powers of two: the true size lies between the one named "
      "and "
      "the next smaller one.");
  return std::move(o);
}

}  // namespace joulemark::analysis

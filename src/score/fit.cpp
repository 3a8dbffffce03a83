#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "analysis/bootstrap.hpp"
#include "analysis/fits.hpp"
#include "analysis/intervals.hpp"
#include "analysis/named.hpp"
#include "analysis/price.hpp"
#include "analysis/select.hpp"
#include "score/edition.hpp"
#include "zoo/sha256.hpp"

/// From measurements to an edition.
namespace joulemark::score {
namespace {

using analysis::Row;
using catalogue::TestSet;
using Rows = std::vector<const Row*>;

/// Of the band: enough that a line between two is the curve to a hundredth.
constexpr int kNodes = 9;
/// Sets of images that editions have curves for; those of A and R are about 200 classes.
constexpr TestSet kSets[] = {TestSet::imagenet, TestSet::real, TestSet::v2,
                             TestSet::sketch,   TestSet::a,    TestSet::r};

// --- the frontier

/// Members of the frontier of accuracy on these images, of the best weights on them.
std::vector<analysis::Point> frontier_on(const Rows& rows, TestSet set) {
  analysis::Prices models;
  for (const Row* row : rows) {
    const auto best = analysis::best_on(*row, set);
    if (best.top1 && *best.top1 < 100.0) models.push_back({row, *best.top1});
  }
  std::vector<analysis::Point> points;
  const auto members = analysis::frontier_of(models);
  if (!members) return points;
  for (const analysis::Priced& m : *members)
    points.push_back({1.0 - m.accuracy / 100.0, m.joules()});
  return points;
}

/// Half the width of the 95 % interval of the curve at each node, by a bootstrap of residuals
/// (Efron and Tibshirani, ch. 9.5). Not of members: draws without the best of them have no curve
/// where it is.
std::vector<Curve::Node> band_of(const std::vector<analysis::Point>& points,
                                 const analysis::FlooredPower& power, const Curve& curve) {
  std::vector<double> errors;
  for (int i = 0; i < kNodes; ++i) {
    const double along = static_cast<double>(i) / (kNodes - 1);
    errors.push_back(
        std::exp2(std::lerp(std::log2(curve.least_error), std::log2(curve.most_error), along)));
  }
  std::vector<double> residuals;
  for (const analysis::Point& p : points) {
    residuals.push_back(std::log2(p.joules) - power.log2_joules(p.error));
  }
  const auto intervals = analysis::bootstrap(
      points.size(), [&](std::span<const std::size_t> drawn) -> std::optional<std::vector<double>> {
        std::vector<analysis::Point> redrawn = points;
        for (std::size_t i = 0; i < redrawn.size(); ++i) {
          redrawn[i].joules = std::exp2(power.log2_joules(points[i].error) + residuals[drawn[i]]);
        }
        const auto again = analysis::fit_floored_power(redrawn);
        if (!again) return std::nullopt;
        std::vector<double> values;
        for (const double error : errors) values.push_back(again->log2_joules(error));
        return values;
      });
  std::vector<Curve::Node> band;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    band.push_back({errors[i], (intervals[i].high - intervals[i].low) / 2.0});
  }
  return band;
}

/// Absent where there are too few members, or the form falls with accuracy.
std::optional<Curve> curve_of(const Rows& rows, TestSet set) {
  const auto points = frontier_on(rows, set);
  if (points.size() < analysis::kFewestToFit) return std::nullopt;
  const auto power = analysis::fit_floored_power(points);
  if (!power || power->gamma <= 0.0) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(points, {}, &analysis::Point::error);
  Curve curve{set,         power->c,   power->gamma,  power->floor,
              least.error, most.error, points.size(), {}};
  curve.band = band_of(points, *power, curve);
  return curve.band.empty() ? std::nullopt : std::optional(curve);
}

// --- anchors

const Row* find(const Rows& rows, const std::string& architecture, const std::string& size) {
  const auto found = std::ranges::find_if(rows, [&](const Row* row) {
    return row->architecture == architecture && row->input_size == size;
  });
  return found == rows.end() ? nullptr : *found;
}

/// Spread evenly over the ranks of energy, so that small and large models tell the offset of a
/// setup alike; of those that another setup has too, where these are enough.
std::vector<Anchor> anchors_of(const Rows& rows, const std::vector<Rows>& others) {
  Rows pool;
  std::ranges::copy_if(rows, std::back_inserter(pool), [&](const Row* row) {
    return std::ranges::any_of(others, [&](const Rows& other) {
      return find(other, row->architecture, row->input_size) != nullptr;
    });
  });
  if (pool.size() < kFewestAnchors) pool = rows;
  std::ranges::stable_sort(pool, {}, [](const Row* row) { return *row->energy_j_per_image; });
  const std::size_t n = std::min(kAnchors, pool.size());
  std::vector<Anchor> anchors;
  for (std::size_t i = 0; i < n; ++i) {
    const Row* row = pool[n == 1 ? 0 : i * (pool.size() - 1) / (n - 1)];
    anchors.push_back({row->architecture, row->input_size, *row->energy_j_per_image});
  }
  return anchors;
}

std::optional<Offset> offset_of_rows(const std::vector<Anchor>& anchors, const Rows& rows,
                                     const std::string& setup) {
  std::vector<double> ratios;
  for (const Anchor& anchor : anchors) {
    if (const Row* row = find(rows, anchor.architecture, anchor.input_size)) {
      ratios.push_back(*row->energy_j_per_image / anchor.joules);
    }
  }
  if (ratios.size() < kFewestAnchors) return std::nullopt;
  const auto mean = analysis::geometric_mean(ratios);
  if (!mean) return std::nullopt;
  return Offset{setup, std::log2(mean->mean), std::log2(mean->ci95.high / mean->ci95.low) / 2.0,
                ratios.size()};
}

// --- the rows behind it

/// One line for each row: what decides the edition.
std::string rows_in_words(const Rows& rows) {
  std::vector<std::string> lines;
  for (const Row* row : rows) {
    std::string line = fmt::format("{} {} {} {}", row->run, row->architecture, row->input_size,
                                   *row->energy_j_per_image);
    for (const TestSet set : kSets) {
      const auto best = analysis::best_on(*row, set);
      if (best.top1) line += fmt::format(" {}:{}", best.model, *best.top1);
    }
    lines.push_back(line + "\n");
  }
  std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, ""));
}

std::vector<Row> until(std::span<const Row> rows, const std::string& newest) {
  std::vector<Row> kept;
  std::ranges::copy_if(rows, std::back_inserter(kept),
                       [&](const Row& row) { return newest.empty() || row.measured_at <= newest; });
  return kept;
}

tl::unexpected<Error> too_few_members(const std::string& setup, std::size_t models) {
  return fail(ErrorKind::unsupported,
              fmt::format("the {} models of {} have no frontier that an edition could be fitted to",
                          models, setup),
              fmt::format("Measure more models: {} members of different accuracy are needed",
                          analysis::kFewestToFit));
}

}  // namespace

Result<Edition> fit(std::span<const Row> given, const FitRequest& request) {
  const std::vector<Row> rows = until(given, request.newest_row);
  if (const auto sound = analysis::check_accuracies(rows); !sound) {
    return tl::unexpected(sound.error());
  }
  const auto of_setup = [&](const std::string& setup) {
    return analysis::choose(rows, setup, request.policy).rows;
  };
  const bool is_there = request.setup.empty() || rows.empty() ||
                        std::ranges::find(rows, request.setup, &Row::setup) != rows.end();
  if (!is_there) {
    return fail(ErrorKind::not_found,
                fmt::format("there are no rows of a setup '{}'", request.setup),
                "joulemark list names the setups that there are");
  }
  const auto choice = analysis::choose_setup(rows, [&](const std::string& setup) {
    const bool is_asked = request.setup.empty() || request.setup == setup;
    return is_asked ? of_setup(setup).size() : 0;
  });
  if (!choice) return tl::unexpected(choice.error());
  const Rows chosen = of_setup(choice->setup);
  if (!request.is_draft && chosen.size() < kFewestToFreeze) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} models of {} are measured, and an edition needs {}", chosen.size(),
                            choice->setup, kFewestToFreeze),
                "Make a draft of it, which says so wherever a letter stands");
  }
  Edition edition{request.name,
                  request.is_draft,
                  request.made_on,
                  choice->setup,
                  request.policy,
                  {},
                  chosen.size(),
                  {},
                  {},
                  {},
                  {},
                  {}};
  for (const TestSet set : kSets) {
    if (auto curve = curve_of(chosen, set)) edition.curves.push_back(std::move(*curve));
  }
  if (edition.curve(TestSet::imagenet) == nullptr) {
    return too_few_members(choice->setup, chosen.size());
  }
  std::vector<Rows> others;
  for (const std::string& setup : choice->others) others.push_back(of_setup(setup));
  edition.anchors = anchors_of(chosen, others);
  Rows used = chosen;
  Rows seen = chosen;  // that decided anything: which anchors there are, too
  for (const Rows& other : others) seen.insert(seen.end(), other.begin(), other.end());
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (auto offset = offset_of_rows(edition.anchors, others[i], choice->others[i])) {
      edition.offsets.push_back(std::move(*offset));
      used.insert(used.end(), others[i].begin(), others[i].end());
    }
  }
  std::set<std::string> boards;
  for (const Row* row : chosen) {
    if (!row->board.empty()) boards.insert(row->board);
  }
  edition.boards.assign(boards.begin(), boards.end());
  edition.newest_row = (*std::ranges::max_element(seen, {}, &Row::measured_at))->measured_at;
  edition.rows_sha256 = zoo::sha256_of_text(rows_in_words(used));
  return edition;
}

std::optional<Offset> offset_of(const Edition& edition, std::span<const Row> rows,
                                const std::string& setup) {
  Rows chosen = analysis::choose(rows, setup, edition.policy).rows;
  // A prediction was learned from that setup's rows: it would tell the same a second time.
  std::erase_if(chosen, [](const Row* row) { return analysis::is_predicted(*row); });
  return offset_of_rows(edition.anchors, chosen, setup);
}

}  // namespace joulemark::score

#include "score/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "analysis/intervals.hpp"
#include "analysis/named.hpp"
#include "analysis/select.hpp"

namespace joulemark::score {
namespace {

using analysis::Row;
using catalogue::TestSet;

constexpr double kEndless = std::numeric_limits<double>::infinity();

constexpr std::array kGrades = {Grade{'A', 1.0},     Grade{'B', 1.5}, Grade{'C', 2.25},
                                Grade{'D', 3.4},     Grade{'E', 5.0}, Grade{'F', 7.6},
                                Grade{'G', kEndless}};

/// Of joules that are known to ± rel in the natural logarithm.
double in_log2(double rel) { return rel * std::numbers::log2e; }

/// The edition's frontier is of its boards; the model's may be another one of that name.
double boards_rel(const Subject& subject, const Edition& edition) {
  const bool may_differ = std::ranges::any_of(edition.boards, [&](const std::string& board) {
    return analysis::of_two_boards(board, subject.board);
  });
  return may_differ ? analysis::kBetweenBoards : 0.0;
}

/// How far log2 E* moves when the error is `by` more; endless where that is the floor or below it.
double moves(const Curve& curve, double error, double by) {
  const double to = error + by;
  if (to <= curve.floor) return kEndless;
  return std::abs(curve.log2_joules(to) - curve.log2_joules(error));
}

Result<double> covered_error(const Subject& subject, const Curve& curve) {
  const bool is_sound = std::isfinite(subject.joules) && subject.joules > 0.0 &&
                        std::isfinite(subject.rel) && subject.rel >= 0.0;
  if (!is_sound) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} J is no energy of an image", subject.joules),
                "Look at the row: joulemark show RUN");
  }
  if (!analysis::is_percentage(subject.top1)) {
    return fail(ErrorKind::invalid_input,
                fmt::format("a top-1 of {} is no percentage of a trained model", subject.top1),
                "Accuracies are percentages, above 1 and at most 100");
  }
  const double error = 1.0 - subject.top1 / 100.0;
  if (curve.covers(error)) return error;
  return fail(ErrorKind::not_found,
              fmt::format("a top-1 of {:.2f} % is beyond the frontier's range, {:.2f} to {:.2f} %",
                          subject.top1, 100.0 * (1.0 - curve.most_error),
                          100.0 * (1.0 - curve.least_error)),
              "No letter is given where nothing was fitted");
}

}  // namespace

std::span<const Grade> grades() { return kGrades; }

char letter_of(double index) {
  return std::ranges::find_if(kGrades, [&](const Grade& g) { return index < g.below; })->letter;
}

std::string Index::letters() const {
  const char best = letter_of(ci95.low);
  const char worst = letter_of(ci95.high);
  if (best == worst) return std::string(1, letter());
  return fmt::format("{} ({}-{})", letter(), best, worst);
}

Result<Index> index_of(const Subject& subject, const Edition& edition, const Curve& curve,
                       const Offset* offset) {
  const auto error = covered_error(subject, curve);
  if (!error) return tl::unexpected(error.error());
  const double kappa = offset != nullptr ? offset->kappa : 0.0;
  const double log2_index = std::log2(subject.joules) - curve.log2_joules(*error) - kappa;
  const double apart =
      std::hypot(std::hypot(in_log2(subject.rel), in_log2(boards_rel(subject, edition))),
                 std::hypot(curve.log2_ci95(*error), offset != nullptr ? offset->kappa_ci95 : 0.0));
  const double accuracy = catalogue::sampling_ci95(subject.top1, subject.images) / 100.0;
  // Fewer errors than were seen: the frontier takes more there, so the index is less.
  const double less = std::hypot(apart, moves(curve, *error, -accuracy));
  const double more = std::hypot(apart, moves(curve, *error, accuracy));
  return Index{std::exp2(log2_index), {std::exp2(log2_index - less), std::exp2(log2_index + more)}};
}

namespace {

/// What of a setup's rows is scored, and against what.
struct Scale {
  const Edition& edition;
  const Curve& curve;
  const Offset* offset;  ///< null on the edition's own setup
  bool is_own_setup;
};

Scale scale_of(const Edition& edition, const Curve& curve, const Scores& scores) {
  return {edition, curve, scores.offset ? &*scores.offset : nullptr, scores.setup == edition.setup};
}

Scored scored(std::string asked, const Row& row, const analysis::WeightsOn& weights,
              const Scale& scale) {
  Scored s{std::move(asked), &row, weights.model, weights.top1};
  if (!weights.top1) {
    s.model = fail(ErrorKind::not_found, "no accuracy is published at this input size");
    s.system = s.model;
    return s;
  }
  const auto& set = catalogue::test_set(scale.curve.set);
  const Subject subject{*row.energy_j_per_image,
                        analysis::own_rel(row, analysis::kSharedBetweenModels).value_or(0.0),
                        row.board, *weights.top1, set.images};
  s.system = index_of(subject, scale.edition, scale.curve, nullptr);
  if (scale.is_own_setup) {
    s.model = s.system;
  } else if (scale.offset != nullptr) {
    s.model = index_of(subject, scale.edition, scale.curve, scale.offset);
  } else {
    s.model = fail(ErrorKind::not_found,
                   fmt::format("too few of the edition's anchors are measured on {}", row.setup));
  }
  return s;
}

/// Of all models: the most efficient first, those without an index last.
void rank(std::vector<Scored>& models) {
  std::ranges::stable_sort(models, {},
                           [](const Scored& s) { return s.system ? s.system->value : kEndless; });
}

std::optional<Offset> offset_for(const Edition& edition, std::span<const Row> rows,
                                 const std::string& setup) {
  const auto frozen = std::ranges::find(edition.offsets, setup, &Offset::setup);
  if (frozen != edition.offsets.end()) return *frozen;
  return setup == edition.setup ? std::nullopt : offset_of(edition, rows, setup);
}

/// The setup that measured most of the models; among equals the edition's own, then one that has an
/// offset, for only these have letters. Of all models, the edition's own if it has any.
Result<analysis::SetupChoice> choose_setup(const Edition& edition, std::span<const Row> rows,
                                           const std::vector<analysis::Named>& asked) {
  return analysis::choose_setup(rows, [&](const std::string& setup) -> std::size_t {
    const auto there = analysis::choose(rows, setup, edition.policy).rows;
    if (there.empty()) return 0;
    const bool is_own = setup == edition.setup;
    if (asked.empty()) return there.size() + (is_own ? rows.size() : 0);
    const std::size_t letters = is_own ? 2 : offset_for(edition, rows, setup) ? 1 : 0;
    return 3 * analysis::count_named(there, asked) + letters;
  });
}

/// The curve that a set of images is scored by, and accuracies that can be.
Result<const Curve*> curve_for(const Edition& edition, std::span<const Row> rows, TestSet set) {
  const Curve* curve = edition.curve(set);
  if (curve == nullptr) {
    return fail(ErrorKind::unsupported,
                fmt::format("edition {} has no curve for these images", edition.name),
                "Choose other images with --on, or another edition");
  }
  if (const auto sound = analysis::check_accuracies(rows); !sound) {
    return tl::unexpected(sound.error());
  }
  return curve;
}

}  // namespace

Result<Scores> score(const Edition& edition, std::span<const Row> rows,
                     const std::vector<std::string>& names, TestSet set) {
  const auto curve = curve_for(edition, rows, set);
  if (!curve) return tl::unexpected(curve.error());
  const auto asked = analysis::read_names(names);
  if (!asked) return tl::unexpected(asked.error());
  const auto choice = choose_setup(edition, rows, *asked);
  if (!choice) return tl::unexpected(choice.error());
  if (asked->empty()) {
    auto scores = score_setup(edition, rows, choice->setup, set);
    if (scores) scores->other_setups = choice->others;
    return scores;
  }
  const auto there = analysis::choose(rows, choice->setup, edition.policy).rows;
  Scores scores{choice->setup, set, offset_for(edition, rows, choice->setup), {}, choice->others};
  const Scale scale = scale_of(edition, **curve, scores);
  for (const analysis::Named& name : *asked) {
    const auto row = analysis::row_named(there, rows, name, choice->setup, edition.policy);
    if (!row) return tl::unexpected(row.error());
    const auto weights = analysis::weights_named(**row, name, set);
    if (!weights) return tl::unexpected(weights.error());
    scores.models.push_back(scored(name.text, **row, *weights, scale));
  }
  return scores;
}

Result<Scores> score_setup(const Edition& edition, std::span<const Row> rows,
                           const std::string& setup, TestSet set) {
  const auto curve = curve_for(edition, rows, set);
  if (!curve) return tl::unexpected(curve.error());
  Scores scores{setup, set, offset_for(edition, rows, setup), {}, {}};
  const Scale scale = scale_of(edition, **curve, scores);
  for (const Row* row : analysis::choose(rows, setup, edition.policy).rows) {
    scores.models.push_back(scored(row->architecture + "@" + row->input_size, *row,
                                   analysis::best_on(*row, set), scale));
  }
  rank(scores.models);
  return scores;
}

std::vector<Cheaper> cheaper_than(const Scored& scored, const Edition& edition,
                                  std::span<const Row> rows, TestSet set, std::size_t most) {
  std::vector<Cheaper> found;
  if (!scored.top1) return found;
  for (const Row* row : analysis::choose(rows, scored.row->setup, edition.policy).rows) {
    const auto best = analysis::best_on(*row, set);
    if (!best.top1 || *best.top1 < *scored.top1) continue;
    const double times = *row->energy_j_per_image / *scored.row->energy_j_per_image;
    const analysis::Interval ci95 = analysis::in_logarithm(
        times, analysis::rel_between(*row, *scored.row, analysis::kSharedBetweenModels));
    if (ci95.high < 1.0) found.push_back({row, best.model, *best.top1, times, ci95});
  }
  std::ranges::stable_sort(found, {}, &Cheaper::times);
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace joulemark::score

#include "analysis/compare.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/named.hpp"
#include "analysis/select.hpp"

namespace joulemark::analysis {
namespace {

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b && *b > 0.0 ? std::optional(*a / *b) : std::nullopt;
}

Beside beside(const Side& side, const Side& first) {
  Beside b;
  b.times = *side.row->energy_j_per_image / *first.row->energy_j_per_image;
  const double rel = rel_between(*side.row, *first.row, kSharedBetweenModels);
  b.ci95 = {b.times * std::exp(-rel), b.times * std::exp(rel)};
  if (side.top1 && first.top1) {
    b.points = *side.top1 - *first.top1;
    b.points_ci95 = std::hypot(top1_ci95(*side.top1), top1_ci95(*first.top1));
  }
  b.times_throughput = ratio(side.row->images_per_s, first.row->images_per_s);
  return b;
}

}  // namespace

Result<Comparison> compare(std::span<const Row> rows, const std::string& policy,
                           const std::vector<std::string>& names) {
  const auto asked = read_names(names);
  if (!asked) return tl::unexpected(asked.error());
  if (asked->size() < 2) {
    return fail(ErrorKind::invalid_input, "a comparison needs two models or more",
                "Name them: joulemark compare resnet50 convnext_tiny");
  }
  if (const auto sound = check_accuracies(rows); !sound) return tl::unexpected(sound.error());
  const auto choice = choose_setup(rows, [&](const std::string& setup) {
    const auto there = choose(rows, setup, policy).rows;
    return static_cast<std::size_t>(std::ranges::count_if(*asked, [&](const Named& a) {
      return std::ranges::any_of(there, [&](const Row* row) { return fits(*row, a); });
    }));
  });
  if (!choice) return tl::unexpected(choice.error());
  Comparison c{choice->setup, policy, {}, choice->others};
  const auto there = choose(rows, choice->setup, policy).rows;
  for (const Named& a : *asked) {
    const auto row = row_named(there, rows, a, c.setup, policy);
    if (!row) return tl::unexpected(row.error());
    const auto weights = weights_named(**row, a, catalogue::TestSet::imagenet);
    if (!weights) return tl::unexpected(weights.error());
    Side side{a.text, *row, weights->model, weights->top1, {}};
    if (!c.sides.empty()) side.beside = beside(side, c.sides.front());
    c.sides.push_back(std::move(side));
  }
  return c;
}

}  // namespace joulemark::analysis

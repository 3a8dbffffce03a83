#include "analysis/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/intervals.hpp"
#include "analysis/named.hpp"
#include "analysis/select.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b && *b > 0.0 ? std::optional(*a / *b) : std::nullopt;
}

}  // namespace

Beside beside(const Row& row, const std::optional<double>& top1, const Row& first,
              const std::optional<double>& first_top1, catalogue::TestSet set) {
  Beside b;
  b.times = *row.energy_j_per_image / *first.energy_j_per_image;
  b.ci95 = in_logarithm(b.times, rel_between(row, first, kSharedBetweenModels));
  if (top1 && first_top1) {
    b.points = *top1 - *first_top1;
    b.points_ci95 = std::hypot(top1_ci95(*top1, set), top1_ci95(*first_top1, set));
  }
  b.times_throughput = ratio(row.images_per_s, first.images_per_s);
  if (of_two_boards(row.board, first.board))
    b.between_boards = rel_between(site_of(row), site_of(first));
  return b;
}

std::string boards_in_words(const std::vector<Beside>& beside) {
  std::vector<double> between;
  for (const Beside& b : beside) {
    if (b.between_boards) between.push_back(*b.between_boards);
  }
  if (between.empty()) return "";
  const auto [least, most] = std::ranges::minmax(between);
  const bool one = between.size() == 1;
  const std::string who =
      between.size() < beside.size()
          ? fmt::format("{} of {} {}", between.size(), beside.size(), one ? "was" : "were")
      : one ? "It was"
            : "All were";
  const std::string width =
      digits(100.0 * least) == digits(100.0 * most)
          ? digits(100.0 * most)
          : fmt::format("{} to {}", digits(100.0 * least), digits(100.0 * most));
  return fmt::format(
      "{} measured on another board than the first: for what boards of a name differ by, ± {} % is "
      "in {} (joulemark analyse boards).",
      who, width, one ? "the interval" : "the intervals");
}

Result<Comparison> compare(std::span<const Row> rows, const std::string& policy,
                           const std::vector<std::string>& names) {
  const auto asked = read_names(names);
  if (!asked) return tl::unexpected(asked.error());
  if (asked->size() < 2) {
    return fail(ErrorKind::invalid_input, "a comparison needs two models or more",
                "Name them: joulemark compare resnet50 convnext_tiny");
  }
  if (const auto sound = check_accuracies(rows); !sound) return tl::unexpected(sound.error());
  // Of setups that have as many of them, the one with the most models.
  const auto choice = choose_setup(rows, [&](const std::string& setup) {
    const auto there = choose(rows, setup, policy).rows;
    return count_named(there, *asked) * (rows.size() + 1) + there.size();
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
    if (!c.sides.empty()) {
      const Side& first = c.sides.front();
      side.beside = beside(*side.row, side.top1, *first.row, first.top1);
    }
    c.sides.push_back(std::move(side));
  }
  return c;
}

}  // namespace joulemark::analysis

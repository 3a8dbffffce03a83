#include "analysis/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/select.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

/// What a name asks for.
struct Asked {
  std::string name, architecture, tag, size;  ///< tag and size may be empty
};

Asked read_name(const std::string& name) {
  const std::size_t at = name.find('@');
  const std::string model = name.substr(0, at);
  const catalogue::ModelName parts = catalogue::split(model);
  return {name, std::string(parts.architecture), std::string(parts.tag),
          at == std::string::npos ? "" : name.substr(at + 1)};
}

bool fits(const Row& row, const Asked& asked) {
  return row.architecture == asked.architecture &&
         (asked.size.empty() || row.input_size == asked.size);
}

Result<std::vector<Asked>> read_names(const std::vector<std::string>& names) {
  std::vector<Asked> all;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) {
      return fail(ErrorKind::invalid_input, fmt::format("{} is named twice", name),
                  "Name each model once");
    }
    all.push_back(read_name(name));
  }
  if (all.size() < 2) {
    return fail(ErrorKind::invalid_input, "a comparison needs two models or more",
                "Name them: joulemark compare resnet50 convnext_tiny");
  }
  return all;
}

tl::unexpected<Error> not_measured(const std::vector<const Row*>& rows, const Asked& asked,
                                   const std::string& setup, const std::string& policy) {
  std::vector<std::string> known;
  for (const Row* row : rows) known.push_back(row->architecture);
  std::string next = fmt::format("Measure it: joulemark measure {}", asked.architecture);
  if (std::ranges::find(known, asked.architecture) != known.end()) {
    next = "It was measured there at other sizes; name one, as in resnet50@224x224";
  } else if (const auto near = nearest(asked.architecture, known); !near.empty()) {
    next = fmt::format("Did you mean {}? Else measure it: joulemark measure {}", join_words(near),
                       asked.architecture);
  }
  return fail(ErrorKind::not_found,
              fmt::format("{} has no energy with policy {} on {}", asked.name, policy, setup),
              next);
}

Result<const Row*> row_of(const std::vector<const Row*>& rows, const Asked& asked,
                          const std::string& setup, const std::string& policy) {
  std::vector<const Row*> found;
  std::ranges::copy_if(rows, std::back_inserter(found),
                       [&](const Row* row) { return fits(*row, asked); });
  if (found.empty()) return not_measured(rows, asked, setup, policy);
  if (found.size() == 1) return found.front();
  std::vector<std::string> sizes;
  for (const Row* row : found) sizes.push_back(asked.name + "@" + row->input_size);
  return fail(ErrorKind::invalid_input,
              fmt::format("{} was measured at {} sizes", asked.name, sizes.size()),
              fmt::format("Name one of {}", join_words(sizes)));
}

/// The named weights, which must have been tested at this size; without a tag the best.
Result<Side> side_of(const Row& row, const Asked& asked) {
  Side side{asked.name, &row, row.best_model, row.top1, {}};
  if (asked.tag.empty()) return side;
  const std::string model = asked.architecture + "." + asked.tag;
  const auto tested = std::ranges::find(row.weights_tested, model, &Published::model);
  if (tested == row.weights_tested.end()) {
    std::vector<std::string> known;
    for (const Published& p : row.weights_tested) known.push_back(p.model);
    return fail(ErrorKind::not_found,
                fmt::format("no accuracy is published for {} at {}", model, row.input_size),
                known.empty() ? "Name the architecture alone"
                              : fmt::format("There are {}", join_words(known)));
  }
  side.weights = model;
  side.top1 = tested->tested.imagenet().top1;
  return side;
}

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
    b.points_ci95 = std::hypot(imagenet_ci95(*side.top1), imagenet_ci95(*first.top1));
  }
  b.times_throughput = ratio(side.row->images_per_s, first.row->images_per_s);
  return b;
}

}  // namespace

Result<Comparison> compare(std::span<const Row> rows, const std::string& policy,
                           const std::vector<std::string>& names) {
  const auto asked = read_names(names);
  if (!asked) return tl::unexpected(asked.error());
  if (const auto sound = check_accuracies(rows); !sound) return tl::unexpected(sound.error());
  const auto choice = choose_setup(rows, [&](const std::string& setup) {
    const auto there = choose(rows, setup, policy).rows;
    return static_cast<std::size_t>(std::ranges::count_if(*asked, [&](const Asked& a) {
      return std::ranges::any_of(there, [&](const Row* row) { return fits(*row, a); });
    }));
  });
  if (!choice) return tl::unexpected(choice.error());
  Comparison c{choice->setup, policy, {}, choice->others};
  const auto there = choose(rows, choice->setup, policy).rows;
  for (const Asked& a : *asked) {
    auto side = row_of(there, a, c.setup, policy).and_then([&](const Row* row) {
      return side_of(*row, a);
    });
    if (!side) return tl::unexpected(side.error());
    if (!c.sides.empty()) side->beside = beside(*side, c.sides.front());
    c.sides.push_back(std::move(*side));
  }
  return c;
}

}  // namespace joulemark::analysis

#include "analysis/named.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "analysis/select.hpp"
#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

Named read_name(const std::string& name) {
  const std::size_t at = name.find('@');
  const std::string model = name.substr(0, at);
  const catalogue::ModelName parts = catalogue::split(model);
  return {name, std::string(parts.architecture), std::string(parts.tag),
          at == std::string::npos ? "" : name.substr(at + 1)};
}

std::optional<double> top1_on(const Published& weights, catalogue::TestSet set) {
  const auto& accuracy = weights.tested.accuracy(set);
  return accuracy ? std::optional(accuracy->top1) : std::nullopt;
}

/// Setups that have what is named, under this policy.
std::vector<std::string> setups_with(std::span<const Row> all, const Named& named,
                                     const std::string& policy) {
  std::set<std::string> setups;
  for (const Row& row : all) {
    if (row.policy == policy && fits(row, named) && !unfit(row)) setups.insert(row.setup);
  }
  return {setups.begin(), setups.end()};
}

/// The newest row of what is named, under this policy, that is not fit.
const Row* newest_unfit(std::span<const Row> all, const Named& named, const std::string& policy) {
  const Row* newest = nullptr;
  for (const Row& row : all) {
    if (row.policy != policy || !fits(row, named) || !unfit(row)) continue;
    if (newest == nullptr || age(*newest) <= age(row)) newest = &row;
  }
  return newest;
}

/// What a user can do about a model that was not found.
std::string next_step(const std::vector<const Row*>& chosen, std::span<const Row> all,
                      const Named& named, const std::string& policy) {
  const std::string measure = "joulemark measure " + named.architecture;
  std::vector<std::string> sizes;
  for (const Row* row : chosen) {
    if (row->architecture == named.architecture) {
      sizes.push_back(row->architecture + "@" + row->input_size);
    }
  }
  if (!sizes.empty()) return fmt::format("It was measured there as {}", join_words(sizes));
  if (const auto setups = setups_with(all, named, policy); !setups.empty()) {
    return fmt::format("It was measured on {}: choose with --setup", join_words(setups));
  }
  if (const Row* row = newest_unfit(all, named, policy)) {
    return fmt::format(
        "What was measured on {} is left out ({}): joulemark show {}. Measure it again: {}",
        row->setup, why_unfit(*row), row->run, measure);
  }
  std::set<std::string> known;
  for (const Row& row : all) known.insert(row.architecture);
  const auto near = nearest(named.architecture, {known.begin(), known.end()});
  if (known.contains(named.architecture)) return "Measure it: " + measure;
  if (!near.empty())
    return fmt::format("Did you mean {}? Else measure it: {}", join_words(near), measure);
  return fmt::format("Measure it: {}; joulemark catalogue search {} finds what such a name is of",
                     measure, named.architecture);
}

}  // namespace

Result<std::vector<Named>> read_names(const std::vector<std::string>& names) {
  std::vector<Named> all;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) {
      return fail(ErrorKind::invalid_input, fmt::format("{} is named twice", name),
                  "Name each model once");
    }
    all.push_back(read_name(name));
  }
  return all;
}

bool fits(const Row& row, const Named& named) {
  return row.architecture == named.architecture &&
         (named.size.empty() || row.input_size == named.size);
}

std::size_t count_named(const std::vector<const Row*>& rows, const std::vector<Named>& named) {
  return static_cast<std::size_t>(std::ranges::count_if(named, [&](const Named& n) {
    return std::ranges::any_of(rows, [&](const Row* row) { return fits(*row, n); });
  }));
}

Result<const Row*> row_named(const std::vector<const Row*>& chosen, std::span<const Row> all,
                             const Named& named, const std::string& setup,
                             const std::string& policy) {
  std::vector<const Row*> found;
  std::ranges::copy_if(chosen, std::back_inserter(found),
                       [&](const Row* row) { return fits(*row, named); });
  if (found.empty()) {
    return fail(ErrorKind::not_found,
                fmt::format("{} has no energy with policy {} on {}", named.text, policy, setup),
                next_step(chosen, all, named, policy));
  }
  if (found.size() == 1) return found.front();
  const auto usual = std::ranges::find(found, kUsualSize, &Row::input_size);
  if (usual != found.end()) return *usual;
  std::vector<std::string> sizes;
  for (const Row* row : found) sizes.push_back(named.text + "@" + row->input_size);
  return fail(ErrorKind::invalid_input,
              fmt::format("{} was measured at {} sizes", named.text, sizes.size()),
              fmt::format("Name one of {}", join_words(sizes)));
}

WeightsOn best_on(const Row& row, catalogue::TestSet set, std::string_view licence) {
  WeightsOn best;
  for (const Published& weights : row.weights_tested) {
    if (!matches(licence, weights.licence)) continue;
    const auto top1 = top1_on(weights, set);
    if (top1 && (!best.top1 || *top1 > *best.top1)) best = {weights.model, top1};
  }
  return best;
}

Result<WeightsOn> weights_named(const Row& row, const Named& named, catalogue::TestSet set) {
  if (named.tag.empty()) return best_on(row, set);
  const std::string model = named.architecture + "." + named.tag;
  const auto tested = std::ranges::find(row.weights_tested, model, &Published::model);
  if (tested != row.weights_tested.end()) return WeightsOn{model, top1_on(*tested, set)};
  std::vector<std::string> known;
  for (const Published& p : row.weights_tested) known.push_back(p.model);
  return fail(ErrorKind::not_found,
              fmt::format("no accuracy is published for {} at {}", model, row.input_size),
              known.empty() ? "Name the architecture alone"
                            : fmt::format("There are {}", join_words(known)));
}

}  // namespace joulemark::analysis

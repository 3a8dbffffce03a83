#include "analysis/row.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace joulemark::analysis {

std::optional<double> own_rel(const Row& row, Shared shared) {
  if (!row.ci95_rel) return std::nullopt;
  if (row.systematic_terms.empty()) {
    return std::hypot(*row.ci95_rel, row.systematic_rel.value_or(0.0));
  }
  double squares = *row.ci95_rel * *row.ci95_rel;
  for (const auto& [term, size] : row.systematic_terms) {
    const bool is_shared = std::ranges::find(shared, term) != shared.end();
    // A power model is off by more for one load than for another.
    const bool cancels = is_shared && !(term == "sensor" && row.origin == "estimated");
    if (!cancels) squares += size * size;
  }
  return std::sqrt(squares);
}

std::optional<int> method_number(const Row& row) {
  int number = 0;
  const char* end = row.method.data() + row.method.size();
  const auto [read, error] = std::from_chars(row.method.data(), end, number);
  return error == std::errc() && read == end ? std::optional(number) : std::nullopt;
}

bool of_two_boards(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && a != b;
}

double rel_between(const Site& a, const Site& b) {
  if (of_two_boards(a.board, b.board)) {
    if (!a.offset || !b.offset || a.offset->mean != b.offset->mean) return kBetweenBoards;
    return std::abs(a.offset->log - b.offset->log) + a.offset->half_width + b.offset->half_width;
  }
  if (!a.temperature_c || !b.temperature_c) return 0.0;
  return kPerCelsius * std::abs(*a.temperature_c - *b.temperature_c);
}

double rel_between(const Row& a, const Row& b, Shared shared) {
  const double own = std::hypot(own_rel(a, shared).value_or(0.0), own_rel(b, shared).value_or(0.0));
  return std::hypot(own, rel_between(site_of(a), site_of(b)));
}

const Published* best_weights(const Row& row) {
  const auto best = std::ranges::find(row.weights_tested, row.best_model, &Published::model);
  return best == row.weights_tested.end() ? nullptr : &*best;
}

double top1_ci95(double top1, catalogue::TestSet set) {
  return catalogue::sampling_ci95(top1, catalogue::test_set(set).images);
}

std::optional<double> pixels(const std::string& input_size) {
  int height = 0;
  int width = 0;
  const char* end = input_size.data() + input_size.size();
  const auto first = std::from_chars(input_size.data(), end, height);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != 'x') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, width);
  if (second.ec != std::errc() || second.ptr != end || height <= 0 || width <= 0) {
    return std::nullopt;
  }
  return static_cast<double>(height) * width;
}

std::string subject(const Row& row) {
  return row.input_size == kUsualSize ? row.architecture
                                      : row.architecture + " at " + row.input_size;
}

std::string marked(const std::string& name, const Row& row) {
  return row.origin == "measured" ? name : name + " (" + row.origin + ")";
}

}  // namespace joulemark::analysis

#include "catalogue/costs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace joulemark::catalogue {
namespace {

/// Published numbers of parameters have two decimals.
bool same_network(double a, double b) { return std::abs(a - b) < 0.005; }

/// The value that occurs most; of several such the smallest.
double most_common(const std::vector<double>& values) {
  std::map<double, std::size_t> times;
  for (const double v : values) ++times[v];
  return std::max_element(times.begin(), times.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

struct Quantity {
  const char* name;
  std::optional<double> (*of)(const Counted&);
};
constexpr Quantity kGmacs = {"gmacs", [](const Counted& c) { return c.gmacs; }};
constexpr Quantity kActivations = {"activations_m",
                                   [](const Counted& c) { return c.activations_m; }};
constexpr Quantity kParameters = {"parameters_m",
                                  [](const Counted& c) { return std::optional(c.parameters_m); }};

std::vector<double> values_of(const std::vector<Counted>& rows, const Quantity& quantity) {
  std::vector<double> values;
  for (const Counted& row : rows) {
    if (const auto value = quantity.of(row)) values.push_back(*value);
  }
  return values;
}

/// "gmacs 17.58, and 16.87 with PyTorch release 210"; absent where all say `taken`.
std::optional<std::string> disagreement(const std::vector<Counted>& rows, const Quantity& quantity,
                                        double taken) {
  std::map<double, std::set<std::int64_t>> others;
  for (const Counted& row : rows) {
    const auto value = quantity.of(row);
    if (value && *value != taken) others[*value].insert(row.torch);
  }
  if (others.empty()) return std::nullopt;
  std::string text = fmt::format("{} {}", quantity.name, taken);
  for (const auto& [value, releases] : others) {
    text += fmt::format("; {} with PyTorch release {}", value, fmt::join(releases, " "));
  }
  return text;
}

/// Those rows that have counted, of the network if there are some, of the newest release.
std::vector<Counted> believed(const std::vector<Counted>& rows, double parameters_m,
                              bool& other_network) {
  std::vector<Counted> counted;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(counted),
               [](const Counted& c) { return c.gmacs && c.activations_m; });
  const auto is_the_network = [&](const Counted& c) {
    return same_network(c.parameters_m, parameters_m);
  };
  other_network = std::none_of(counted.begin(), counted.end(), is_the_network);
  if (!other_network) std::erase_if(counted, [&](const Counted& c) { return !is_the_network(c); });
  std::int64_t newest = 0;
  for (const Counted& c : counted) newest = std::max(newest, c.torch);
  std::erase_if(counted, [&](const Counted& c) { return c.torch != newest; });
  return counted;
}

}  // namespace

ChosenCost choose_cost(const std::string& architecture, std::int64_t size, double parameters_m,
                       const std::vector<Counted>& rows) {
  ChosenCost chosen;
  const auto best = believed(rows, parameters_m, chosen.other_network);
  if (best.empty()) return {};
  Cost cost;
  cost.architecture = architecture;
  cost.size = size;
  cost.gmacs = most_common(values_of(best, kGmacs));
  cost.activations_m = most_common(values_of(best, kActivations));
  cost.counted_parameters_m = most_common(values_of(best, kParameters));
  cost.torch = best.front().torch;
  const std::pair<Quantity, double> taken[] = {{kGmacs, cost.gmacs},
                                               {kActivations, cost.activations_m},
                                               {kParameters, cost.counted_parameters_m}};
  for (const auto& [quantity, value] : taken) {
    if (auto words = disagreement(rows, quantity, value)) {
      chosen.disagreements.push_back(std::move(*words));
    }
  }
  chosen.cost = cost;
  return chosen;
}

std::optional<Speed> choose_speed(const std::string& architecture, std::int64_t size,
                                  const std::vector<Counted>& rows) {
  Speed speed{architecture, size, {}};
  std::array<std::int64_t, kBenchmarks> release = {};
  bool is_any = false;
  for (const Counted& row : rows) {
    if (!row.images_per_s || !row.benchmark || row.torch <= release[*row.benchmark]) continue;
    release[*row.benchmark] = row.torch;
    speed.images_per_s[*row.benchmark] = row.images_per_s;
    is_any = true;
  }
  return is_any ? std::optional(speed) : std::nullopt;
}

}  // namespace joulemark::catalogue

#include "figure/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/text.hpp"

namespace joulemark::figure {
namespace {

/// What rounding may do to a value at the edge of a range, relative to the range.
constexpr double kRounding = 1e-9;
constexpr std::array kOneTwoFive = {1.0, 2.0, 5.0};
constexpr std::array kOne = {1.0};
constexpr std::size_t kFewest = 3;  ///< ticks of a logarithmic axis that say how it runs

std::string tick_text(const Axis& axis, double value) {
  if (value == 0.0) return "0";  // of any unit
  if (axis.unit == "J") {
    return std::abs(value) < 1.0 ? fmt::format("{:g} mJ", value * 1000.0)
                                 : fmt::format("{:g} J", value);
  }
  return axis.unit == "%" ? fmt::format("{:g} %", value) : fmt::format("{:g}", value);
}

/// Whole multiples of digit * 10^power. Divided where the power is negative, so that 0.3 is 0.3.
std::vector<Tick> multiples(const Axis& axis, const Range& shown, double digit, int power) {
  const double ten = std::pow(10.0, std::abs(power));
  const double step = power < 0 ? digit / ten : digit * ten;
  const double slack = (shown.high - shown.low) * kRounding;
  std::vector<Tick> out;
  const double first = std::ceil((shown.low - slack) / step);
  const auto more = static_cast<int>(std::floor((shown.high + slack) / step - first));
  for (int k = 0; k <= more; ++k) {
    const double i = first + k;
    const double value = i == 0.0 ? 0.0 : power < 0 ? i * digit / ten : i * digit * ten;  // not -0
    out.push_back({value, tick_text(axis, value)});
  }
  return out;
}

/// From fine to coarse: about twenty ticks, then fewer and fewer.
std::vector<std::vector<Tick>> linear(const Axis& axis, const Range& shown) {
  const int power = static_cast<int>(std::floor(std::log10((shown.high - shown.low) / 20.0)));
  std::vector<std::vector<Tick>> candidates;
  for (int p = power; p <= power + 2; ++p) {
    for (const double digit : kOneTwoFive) {
      auto t = multiples(axis, shown, digit, p);
      if (t.size() >= 2) candidates.push_back(std::move(t));
    }
  }
  return candidates;
}

/// These digits of every `each`th power of the base that are within the range.
std::vector<Tick> powers(const Axis& axis, const Range& shown, double base,
                         std::span<const double> digits_of, int each) {
  const auto exponent = [&](double v) {
    return static_cast<int>(std::floor(std::log(v) / std::log(base) + kRounding));
  };
  std::vector<Tick> out;
  for (int e = exponent(shown.low); e <= exponent(shown.high); ++e) {
    if (e % each != 0) continue;
    for (const double digit : digits_of) {
      // A power that is negative is divided by, so that it is the nearest number.
      const double whole = std::pow(base, std::abs(e));
      const double value = e < 0 ? digit / whole : digit * whole;
      const bool inside =
          value >= shown.low * (1.0 - kRounding) && value <= shown.high * (1.0 + kRounding);
      if (inside) out.push_back({value, tick_text(axis, value)});
    }
  }
  return out;
}

std::vector<std::vector<Tick>> logarithmic(const Axis& axis, const Range& shown) {
  std::vector<std::vector<Tick>> candidates = {powers(axis, shown, 10.0, kOneTwoFive, 1)};
  if (candidates.front().size() < kFewest) return linear(axis, shown);
  for (const int each : {1, 2, 3, 6}) {
    auto t = powers(axis, shown, 10.0, kOne, each);
    if (t.size() >= 2) candidates.push_back(std::move(t));
  }
  return candidates;
}

std::vector<std::vector<Tick>> of_two(const Axis& axis, const Range& shown) {
  std::vector<std::vector<Tick>> candidates;
  for (const int each : {1, 2, 3, 4}) {
    candidates.push_back(powers(axis, shown, 2.0, kOne, each));
  }
  return candidates;
}

std::vector<Tick> categories(const Axis& axis) {
  std::vector<Tick> out;
  for (const std::string& c : axis.categories) {
    out.push_back({static_cast<double>(out.size()), c});
  }
  return out;
}

}  // namespace

Ticks ticks(const Axis& axis, const Range& shown, const Fits& fits) {
  if (!axis.categories.empty()) return {categories(axis), {}};
  const auto candidates = axis.scale == Scale::linear          ? linear(axis, shown)
                          : axis.scale == Scale::powers_of_two ? of_two(axis, shown)
                                                               : logarithmic(axis, shown);
  if (candidates.empty()) return {};
  const auto found = std::ranges::find_if(candidates, fits);
  Ticks chosen{found == candidates.end() ? candidates.back() : *found, {}};
  if (axis.scale == Scale::logarithmic && found != candidates.begin()) {
    for (const Tick& t : powers(axis, shown, 10.0, kOneTwoFive, 1)) chosen.minor.push_back(t.value);
  }
  return chosen;
}

std::string value_text(const Axis& axis, double value) {
  if (!axis.categories.empty()) return axis.categories.at(static_cast<std::size_t>(value));
  if (axis.unit == "J") return joules(value);
  return axis.unit.empty() || axis.unit == "1" ? digits(value) : digits(value) + " " + axis.unit;
}

}  // namespace joulemark::figure

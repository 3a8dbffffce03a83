#include "base/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace joulemark {
namespace {

struct Unit {
  std::string_view name;
  double joules;
};
constexpr std::array kUnits = {Unit{"", 1.0},    Unit{"J", 1.0},   Unit{"kJ", 1e3},
                               Unit{"mJ", 1e-3}, Unit{"uJ", 1e-6}, Unit{"µJ", 1e-6},
                               Unit{"μJ", 1e-6}, Unit{"nJ", 1e-9}};

}  // namespace

std::optional<Joules> joules_of(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  for (const Unit& unit : kUnits) {
    if (rest == unit.name) return Joules(value * unit.joules);
  }
  return std::nullopt;
}

}  // namespace joulemark

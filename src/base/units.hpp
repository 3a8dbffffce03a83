#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

/// Units as types. A quantity holds one double in the SI unit that its name says; arithmetic exists
/// only where it has physical meaning (watts x time = joules, joules / images = joules per image).
namespace joulemark {

/// A real number with a unit. `Tag` makes the type distinct; `value` is in the unit's SI base.
template <class Tag>
struct Quantity {
  double value = 0.0;

  constexpr Quantity() = default;
  explicit constexpr Quantity(double v) : value(v) {}

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value + b.value);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value - b.value);
  }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
  constexpr Quantity& operator+=(Quantity b) {
    value += b.value;
    return *this;
  }
};

using Joules = Quantity<struct JoulesTag>;
using Watts = Quantity<struct WattsTag>;
using JoulesPerImage = Quantity<struct JoulesPerImageTag>;
using ImagesPerSecond = Quantity<struct ImagesPerSecondTag>;
/// A count of images; fractional where window edges fall between two completions.
using Images = Quantity<struct ImagesTag>;

using Nanoseconds = std::chrono::nanoseconds;

constexpr double seconds(Nanoseconds t) { return std::chrono::duration<double>(t).count(); }
constexpr Nanoseconds from_seconds(double s) {
  return Nanoseconds(static_cast<std::int64_t>(s * 1e9));
}

constexpr Joules operator*(Watts p, Nanoseconds t) { return Joules(p.value * seconds(t)); }
constexpr Watts operator/(Joules e, Nanoseconds t) { return Watts(e.value / seconds(t)); }
constexpr JoulesPerImage operator/(Joules e, Images n) { return JoulesPerImage(e.value / n.value); }
constexpr ImagesPerSecond operator/(Images n, Nanoseconds t) {
  return ImagesPerSecond(n.value / seconds(t));
}

/// A point in time on CLOCK_MONOTONIC, which every process of one host shares; so a worker's
/// completion stamps and the controller's meter readings are comparable without translation.
struct Instant {
  Nanoseconds since_boot{0};

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant a, Nanoseconds d) { return {a.since_boot + d}; }
  friend constexpr Instant operator-(Instant a, Nanoseconds d) { return {a.since_boot - d}; }
  friend constexpr Nanoseconds operator-(Instant a, Instant b) {
    return a.since_boot - b.since_boot;
  }
};

}  // namespace joulemark

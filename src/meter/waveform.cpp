#include "meter/waveform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

namespace joulemark::meter {
namespace {

/// A waveform made of its two formulas.
class Formula final : public Waveform {
 public:
  using Function = std::function<double(double)>;
  Formula(Function watts, Function joules) : watts_(std::move(watts)), joules_(std::move(joules)) {}
  double watts(double t) const override { return watts_(t); }
  double joules(double t) const override { return joules_(t); }

 private:
  Function watts_, joules_;
};

using Numbers = std::vector<double>;
using Made = std::unique_ptr<Waveform>;

/// Times on a grid are a rounding away from the edges that they mean: 0.3 s is where the fourth
/// period of 0.1 s begins, though 0.3 / 0.1 is less than 3. This share of a period is such a
/// rounding.
constexpr double kRounding = 1e-9;

struct Phase {
  double whole;  ///< periods that are over
  double rest;   ///< s in the one that is not
};
Phase phase(double t, double period) {
  const double whole = std::floor(t / period + kRounding);
  return {whole, std::max(0.0, t - whole * period)};
}

/// High power for the first `width` seconds of each period, low for the rest.
Made pulses(double low, double high, double period, double width) {
  return std::make_unique<Formula>(
      [=](double t) { return phase(t, period).rest < width * (1.0 - kRounding) ? high : low; },
      [=](double t) {
        const auto [whole, rest] = phase(t, period);
        const double on = whole * width + std::min(rest, width);
        return high * on + low * (t - on);
      });
}

Made flat(const Numbers& n) {
  const double p = n[0];
  return std::make_unique<Formula>([=](double) { return p; }, [=](double t) { return p * t; });
}
Made square(const Numbers& n) {
  return n[3] <= 1.0 ? pulses(n[0], n[1], n[2], n[2] * n[3]) : nullptr;
}
Made spike(const Numbers& n) { return n[3] <= n[2] ? pulses(n[0], n[1], n[2], n[3]) : nullptr; }
Made sine(const Numbers& n) {
  const double mean = n[0];
  const double amplitude = n[1];
  if (amplitude > mean) return nullptr;  // power is never negative
  const double w = 2.0 * std::numbers::pi / n[2];
  return std::make_unique<Formula>(
      [=](double t) { return mean + amplitude * std::sin(w * t); },
      [=](double t) { return mean * t + amplitude * (1.0 - std::cos(w * t)) / w; });
}
Made ramp(const Numbers& n) {
  const double from = n[0];
  const double to = n[1];
  const double length = n[2];
  const double slope = (to - from) / length;
  return std::make_unique<Formula>([=](double t) { return t < length ? from + slope * t : to; },
                                   [=](double t) {
                                     const double rising = std::min(t, length);
                                     return from * rising + 0.5 * slope * rising * rising +
                                            to * std::max(0.0, t - length);
                                   });
}
Made step(const Numbers& n) {
  const double before = n[0];
  const double after = n[1];
  const double at = n[2];
  return std::make_unique<Formula>(
      [=](double t) { return t < at ? before : after; },
      [=](double t) { return before * std::min(t, at) + after * std::max(0.0, t - at); });
}
Made sawtooth(const Numbers& n) {
  const double low = n[0];
  const double high = n[1];
  const double period = n[2];
  const double slope = (high - low) / period;
  return std::make_unique<Formula>([=](double t) { return low + slope * phase(t, period).rest; },
                                   [=](double t) {
                                     const auto [whole, rest] = phase(t, period);
                                     return low * t +
                                            0.5 * slope * (whole * period * period + rest * rest);
                                   });
}
Made stairs(const Numbers& n) {
  const double first = n[0];
  const double change = n[1];
  const double length = n[2];
  const double count = n[3];
  if (first + change * count < 0.0 || count != std::floor(count)) return nullptr;
  const auto stair = [=](double t) { return std::min(phase(t, length).whole, count); };
  return std::make_unique<Formula>(
      [=](double t) { return first + change * stair(t); },
      [=](double t) {
        const double i = stair(t);
        const double below = length * (first * i + 0.5 * change * i * (i - 1.0));
        return below + (first + change * i) * std::max(0.0, t - i * length);
      });
}

/// COUNT pulses, each followed by as long a pause, at the beginning of each period.
Made burst(const Numbers& n) {
  const double low = n[0];
  const double high = n[1];
  const double pulse = n[2];
  const double count = n[3];
  const double period = n[4];
  if (count != std::floor(count) || 2.0 * pulse * count > period) return nullptr;
  const auto high_seconds = [=](double within) {
    const auto [whole, rest] = phase(within, 2.0 * pulse);
    return whole < count ? whole * pulse + std::min(rest, pulse) : count * pulse;
  };
  return std::make_unique<Formula>(
      [=](double t) {
        const auto [whole, rest] = phase(phase(t, period).rest, 2.0 * pulse);
        return whole < count && rest < pulse * (1.0 - kRounding) ? high : low;
      },
      [=](double t) {
        const auto [whole, rest] = phase(t, period);
        const double on = whole * count * pulse + high_seconds(rest);
        return high * on + low * (t - on);
      });
}
/// Equal steps from the first power down (or up) to the last, then the first again.
Made throttle(const Numbers& n) {
  const double first = n[0];
  const double last = n[1];
  const double length = n[2];
  const double count = n[3];
  if (count != std::floor(count)) return nullptr;
  const double change = (last - first) / count;
  const double period = length * (count + 1.0);
  const auto stair = [=](double rest) { return std::min(phase(rest, length).whole, count); };
  const auto within = [=](double rest) {
    const double i = stair(rest);
    const double below = length * (first * i + 0.5 * change * i * (i - 1.0));
    return below + (first + change * i) * std::max(0.0, rest - i * length);
  };
  const double each = within(period);
  return std::make_unique<Formula>(
      [=](double t) { return first + change * stair(phase(t, period).rest); },
      [=](double t) {
        const auto [whole, rest] = phase(t, period);
        return whole * each + within(rest);
      });
}

struct Form {
  std::string_view name;
  std::string_view arguments;
  std::size_t count;
  std::size_t first_time;  ///< arguments from here on are times or shares and must be positive
  Made (*make)(const Numbers&);  ///< null when the arguments do not fit each other
};

constexpr std::array kForms = {
    Form{"flat", "WATTS", 1, 1, flat},
    Form{"square", "LOW,HIGH,PERIOD_S,DUTY", 4, 2, square},
    Form{"sine", "MEAN,AMPLITUDE,PERIOD_S", 3, 2, sine},
    Form{"ramp", "FROM,TO,SECONDS", 3, 2, ramp},
    Form{"step", "BEFORE,AFTER,AT_S", 3, 2, step},
    Form{"spike", "BASE,PEAK,PERIOD_S,WIDTH_S", 4, 2, spike},
    Form{"sawtooth", "LOW,HIGH,PERIOD_S", 3, 2, sawtooth},
    Form{"stairs", "FIRST,CHANGE,SECONDS,COUNT", 4, 2, stairs},
    Form{"burst", "LOW,HIGH,PULSE_S,COUNT,PERIOD_S", 5, 2, burst},
    Form{"throttle", "FIRST,LAST,SECONDS,COUNT", 4, 2, throttle},
};

std::string all_forms() {
  std::string text;
  for (const Form& f : kForms) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ", ", f.name, f.arguments);
  }
  return text;
}

/// Numbers separated by commas; empty when one of them is not a finite number.
Numbers parse_numbers(std::string_view text) {
  Numbers numbers;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    double value = 0.0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || !std::isfinite(value))
      return {};
    numbers.push_back(value);
    if (comma == std::string_view::npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

/// Beyond these, sums over a day would lose the last millijoule, or be infinite.
constexpr double kLargest = 1e9;
constexpr double kShortest = 1e-9;

bool in_range(const Form& form, const Numbers& n) {
  for (std::size_t i = 0; i < n.size(); ++i) {
    const bool may_be_negative = form.name == "stairs" && i == 1;
    if (std::abs(n[i]) > kLargest) return false;
    if (i < form.first_time ? n[i] < 0.0 && !may_be_negative : n[i] < kShortest) return false;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Waveform>> parse_waveform(std::string_view description) {
  const std::size_t colon = description.find(':');
  const std::string_view name = description.substr(0, colon);
  const auto* const form =
      std::find_if(kForms.begin(), kForms.end(), [&](const Form& f) { return f.name == name; });
  const Numbers numbers =
      colon == std::string_view::npos ? Numbers{} : parse_numbers(description.substr(colon + 1));
  auto made = form != kForms.end() && numbers.size() == form->count && in_range(*form, numbers)
                  ? form->make(numbers)
                  : nullptr;
  if (made) return made;
  return fail(ErrorKind::invalid_input, fmt::format("'{}' is not a waveform", description),
              "Known forms: " + all_forms() +
                  "; no power is negative, times are positive, DUTY is at most 1, WIDTH_S at most "
                  "PERIOD_S, AMPLITUDE at most MEAN, COUNT a whole number, 2 COUNT PULSE_S at most "
                  "PERIOD_S");
}

}  // namespace joulemark::meter

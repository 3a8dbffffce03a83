#include "meter/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace joulemark::meter {
namespace {

class SyntheticMeter final : public Meter {
 public:
  SyntheticMeter(std::unique_ptr<Waveform> waveform, const SensorModel& sensor, Clock& clock)
      : waveform_(std::move(waveform)), sensor_(sensor), clock_(clock), zero_(clock.now()) {
    info_.name = "synthetic";
    info_.device = "a waveform";
    info_.device_id = "synthetic";
    info_.scope = Scope::simulated;
    info_.has_energy = info_.has_power = true;
    info_.has_ring = sensor.ring_period.count() > 0;
    info_.ring_period = sensor.ring_period;
    if (sensor.update_period.count() > 0) info_.update_period = sensor.update_period;
    info_.resolution = sensor.resolution;
    info_.query_cost = sensor.query_cost;
    info_.systematic_reason = "a waveform is known exactly";
  }

  const MeterInfo& info() const override { return info_; }

  Result<Joules> energy() override {
    spend(sensor_.query_cost / 2);
    const double exact = integral(seen(clock_.now()));
    spend(sensor_.query_cost - sensor_.query_cost / 2);
    const double unit = sensor_.resolution.value;
    // Rounding inside a closed form must not make the counter step back.
    shown_ = std::max(shown_, unit > 0.0 ? std::floor(exact / unit) * unit : exact);
    return Joules(shown_);
  }

  Result<Watts> power() override {
    return Watts(waveform_->watts(seconds(seen(clock_.now()) - zero_)));
  }

  Result<std::vector<PowerSample>> ring_since(Instant after) override {
    if (!info_.has_ring)
      return fail(ErrorKind::unsupported, "this waveform has no ring of samples");
    std::vector<PowerSample> samples;
    const auto last = (clock_.now() - zero_) / sensor_.ring_period;
    const auto oldest =
        std::max<std::int64_t>(0, last - static_cast<std::int64_t>(sensor_.ring_length) + 1);
    for (auto i = oldest; i <= last; ++i) {
      const Nanoseconds t = sensor_.ring_period * i;
      if (zero_ + t > after) samples.push_back({zero_ + t, Watts(waveform_->watts(seconds(t)))});
    }
    return samples;
  }

  Result<Conditions> conditions() override { return Conditions{}; }

 private:
  /// The moment whose value the sensor shows at `now`: its last update.
  Instant seen(Instant now) const {
    if (sensor_.update_period.count() == 0) return now;
    const Nanoseconds since = now - zero_ - sensor_.phase;
    if (since.count() < 0) return zero_;
    return zero_ + sensor_.phase + sensor_.update_period * (since / sensor_.update_period);
  }

  double integral(Instant until) {
    if (sensor_.sampling.count() == 0) return waveform_->joules(seconds(until - zero_));
    const double step = seconds(sensor_.sampling);
    for (const auto whole = (until - zero_) / sensor_.sampling; samples_ < whole; ++samples_) {
      sampled_ += waveform_->watts(seconds(sensor_.sampling * samples_)) * step;
    }
    return sampled_;
  }

  /// A query takes time. On a manual clock this is the only thing that lets it pass.
  void spend(Nanoseconds cost) {
    if (cost.count() > 0) clock_.sleep_until(clock_.now() + cost);
  }

  std::unique_ptr<Waveform> waveform_;
  SensorModel sensor_;
  Clock& clock_;
  Instant zero_;
  MeterInfo info_;
  double shown_ = 0.0;        ///< J, at the last reading
  std::int64_t samples_ = 0;  ///< taken so far, with internal sampling
  double sampled_ = 0.0;      ///< J, their sum
};

auto not_a_setting(std::string_view text) {
  return fail(
      ErrorKind::invalid_input, fmt::format("'{}' is not a setting of a synthetic meter", text),
      "Settings are update=MS, sampling=MS (0.1 or more), ring=MS and cost=MS (below 10000), "
      "each after a ';'");
}

struct Setting {
  std::string_view key;
  Nanoseconds SensorModel::* time;
  double shortest_ms;  ///< besides 0, which switches it off
  double below_ms;
};

/// Each sample costs time of ours, as does each query: their limits keep a test from hanging.
constexpr std::array kSettings = {
    Setting{"update", &SensorModel::update_period, 0.0, 1e6},
    Setting{"sampling", &SensorModel::sampling, 0.1, 1e6},
    Setting{"ring", &SensorModel::ring_period, 0.0, 1e6},
    Setting{"cost", &SensorModel::query_cost, 0.0, 1e4},
};

Result<void> apply(std::string_view text, SensorModel& sensor) {
  const std::size_t equals = text.find('=');
  const auto* const setting =
      std::find_if(kSettings.begin(), kSettings.end(),
                   [&](const Setting& s) { return s.key == text.substr(0, equals); });
  if (equals == std::string_view::npos || setting == kSettings.end()) return not_a_setting(text);
  const std::string_view value = text.substr(equals + 1);
  double ms = 0.0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
  const bool number = error == std::errc() && end == value.data() + value.size();
  const bool sound = ms == 0.0 || (ms > 0.0 && ms >= setting->shortest_ms);
  if (!number || !sound || !(ms < setting->below_ms)) return not_a_setting(text);
  sensor.*setting->time = from_seconds(ms * 1e-3);
  return {};
}

}  // namespace

std::unique_ptr<Meter> make_synthetic(std::unique_ptr<Waveform> waveform, const SensorModel& sensor,
                                      Clock& clock) {
  return std::make_unique<SyntheticMeter>(std::move(waveform), sensor, clock);
}

Result<std::unique_ptr<Meter>> open_synthetic(const std::string& description, Clock& clock) {
  std::string_view rest = description;
  const auto next_part = [&] {
    const std::size_t end = rest.find(';');
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return part;
  };
  auto waveform = parse_waveform(next_part());
  if (!waveform) return tl::unexpected(waveform.error());
  SensorModel sensor;
  while (!rest.empty()) {
    if (auto ok = apply(next_part(), sensor); !ok) return tl::unexpected(ok.error());
  }
  return make_synthetic(std::move(*waveform), sensor, clock);
}

}  // namespace joulemark::meter

#include "meter/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
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
    if (sensor_.resolution.value <= 0.0) return Joules(exact);
    return Joules(std::floor(exact / sensor_.resolution.value) * sensor_.resolution.value);
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

  double integral(Instant until) const {
    const double t = seconds(until - zero_);
    if (sensor_.sampling.count() == 0) return waveform_->joules(t);
    const double step = seconds(sensor_.sampling);
    double sum = 0.0;
    for (double at = 0.0; at + step <= t; at += step) sum += waveform_->watts(at) * step;
    return sum;
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
};

auto not_a_setting(std::string_view text) {
  return fail(ErrorKind::invalid_input,
              fmt::format("'{}' is not a setting of a synthetic meter", text),
              "Settings are update=MS, sampling=MS, ring=MS and cost=MS, each after a ';'");
}

Result<void> apply(std::string_view setting, SensorModel& sensor) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos) return not_a_setting(setting);
  const std::string_view key = setting.substr(0, equals);
  const std::string_view value = setting.substr(equals + 1);
  double ms = 0.0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
  const bool sound =
      error == std::errc() && end == value.data() + value.size() && ms >= 0.0 && ms < 1e6;
  if (!sound) return not_a_setting(setting);
  const Nanoseconds time = from_seconds(ms * 1e-3);
  if (key == "update") {
    sensor.update_period = time;
  } else if (key == "sampling") {
    sensor.sampling = time;
  } else if (key == "ring") {
    sensor.ring_period = time;
  } else if (key == "cost") {
    sensor.query_cost = time;
  } else {
    return not_a_setting(setting);
  }
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

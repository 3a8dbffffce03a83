#include <algorithm>
#include <cmath>
#include <vector>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

/// Harmonics beyond have less than a thousandth of a load's swing. A sensor that does not smooth is
/// misled by the 50th of steps of a second as by a square of 50 samples: a percent of its mean.
constexpr int kHarmonics = 1000;

/// How much of what the sensor makes of a square is left in a mean over `length`, at most, when its
/// phase goes round at this beat and is kept for `coherent`. The samples see one or the other whole
/// number of themselves in each half of it, so over the phase the misreading is a square too: in a
/// mean over n rounds half of one is left of it.
double remains(double beat_hz, double length, double coherent) {
  const double in_phase = std::min(length, coherent);
  const double rounds = beat_hz * in_phase;
  const double within = rounds > 0.5 ? 0.5 / rounds : 1.0;
  return within * std::sqrt(in_phase / length);
}

}  // namespace

double SampledSensor::misread(double samples) const {
  if (!at_long || !(long_samples > 1.0)) return at_sampling / samples;
  if (samples >= long_samples) return *at_long * long_samples / samples;
  // In between, the straight line of the logarithms; it needs something at both ends.
  if (!(at_sampling > 0.0) || !(*at_long > 0.0)) return std::max(at_sampling, *at_long);
  return at_sampling * std::pow(*at_long / at_sampling, std::log(samples) / std::log(long_samples));
}

std::optional<SampledSensor> sampled_sensor(const meter::MeterInfo& meter, Watts mean) {
  if (!meter.has_ring || !(mean.value > 0.0)) return std::nullopt;
  const auto share = [&](const std::optional<Watts>& power, const std::optional<double>& rel) {
    return power ? std::optional(*power / mean) : rel;
  };
  const auto at_sampling = share(meter.aliasing_power, meter.aliasing_rel);
  if (!at_sampling) return std::nullopt;
  SampledSensor sensor{seconds(meter.ring_period), *at_sampling};
  if (meter.update_period) {
    sensor.long_samples = seconds(*meter.update_period) / sensor.sampling_s;
    sensor.at_long = share(meter.aliasing_updates_power, meter.aliasing_updates_rel);
  }
  return sensor;
}

double aliasing_term(const SampledSensor& sensor, std::span<const double> steps, double length_s) {
  const double all = std::max(sensor.at_sampling, sensor.at_long.value_or(0.0));
  const auto median = quantile(steps, 0.5);
  if (!median || !(*median > 0.0) || !(length_s > 0.0) || !(sensor.sampling_s > 0.0)) return all;
  const double step = *median;
  // The quartiles, so that one late step of a thousand does not count as a jitter of all.
  const double jitter = (*quantile(steps, 0.75) - *quantile(steps, 0.25)) / 1.35;
  double worst = 0.0;
  for (int k = 1; k <= kHarmonics; ++k) {
    const double harmonic = k / step;
    const double n = std::max(1.0, std::round(harmonic * sensor.sampling_s));
    const double beat = std::abs(harmonic - n / sensor.sampling_s);
    // Steps that vary walk away from their grid: after this many they are a quarter of the
    // harmonic's period off.
    const double quarter = step / (4.0 * k * std::max(jitter, 1e-12));
    const double coherent = step * std::max(1.0, quarter * quarter);
    worst = std::max(worst, remains(beat, length_s, coherent) * sensor.misread(k));
  }
  // At each end of the run one sample stands for a load that may have changed within it.
  const double ends = 2.0 * sensor.at_sampling * sensor.sampling_s / length_s;
  return std::min(all, worst + ends);
}

}  // namespace joulemark::measure

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

/// The sensor sees nothing of a load's harmonics whose share of its swing is below a thirtieth.
constexpr int kHarmonics = 30;

/// How much of an oscillation of this beat is left in a mean over `length`, at most; it keeps its
/// phase for `coherent`.
double remains(double beat_hz, double length, double coherent) {
  const double in_phase = std::min(length, coherent);
  const double turns = std::numbers::pi * beat_hz * in_phase;
  const double within = turns > 1.0 ? 1.0 / turns : 1.0;
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
  return worst;
}

}  // namespace joulemark::measure

#include "meter/testing/board_sensor.hpp"

#include <algorithm>
#include <cmath>

namespace joulemark::meter::fake {
namespace {

/// Times on the sensor's grid are a rounding away from what they mean: 0.3 / 0.1 is less than 3.
constexpr double kRounding = 1e-9;

std::int64_t whole(double t, double period) {
  return static_cast<std::int64_t>(std::floor(t / period + kRounding));
}

/// SplitMix64: neighbouring numbers give unrelated ones, the same on every platform.
std::uint64_t scrambled(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

double BoardSensor::jitter(std::int64_t update) const {
  if (model_.jitter <= 0.0) return 0.0;
  const std::uint64_t random = scrambled(model_.seed ^ static_cast<std::uint64_t>(update));
  return model_.jitter * (2.0 * static_cast<double>(random >> 11) * 0x1p-53 - 1.0);
}

double BoardSensor::updated(double t) const {
  // An early update may already be there, a late one not yet.
  for (std::int64_t i = whole(t, model_.update) + 1; i > 0; --i) {
    const double at = static_cast<double>(i) * model_.update + jitter(i);
    if (at <= t + kRounding * model_.update) return at;
  }
  return 0.0;
}

double BoardSensor::counted(double t) const {
  if (model_.sampling <= 0.0) return joules(t);
  double sum = 0.0;
  for (std::int64_t i = 0, n = whole(t, model_.sampling); i < n; ++i) {
    sum += waveform_->watts(static_cast<double>(i) * model_.sampling);
  }
  return sum * model_.sampling;
}

double BoardSensor::wrapped(double joules) const {
  return model_.wrap > 0.0 ? std::fmod(joules, model_.wrap) : joules;
}

double BoardSensor::watts(double t) const { return waveform_->watts(std::max(0.0, t)); }

double BoardSensor::mean_watts(double t) const {
  const double from = std::max(0.0, t - model_.averaging);
  return t > from ? (joules(t) - joules(from)) / (t - from) : watts(t);
}

double BoardSensor::joules(double t) const { return t > 0.0 ? waveform_->joules(t) : 0.0; }

}  // namespace joulemark::meter::fake

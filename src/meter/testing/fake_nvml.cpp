// A libnvidia-ml.so.1 for tests and for bench/meters: GPUs whose power follows a waveform, seen
// through the sensor of a data-centre GPU (energy and power change every 100 ms, average power is a
// running mean over a second, a ring of 119 samples 20 ms apart). What it can be told:
// fake_board.hpp. This file has what measures; fake_nvml_facts.cpp what else is asked of a GPU.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "meter/testing/fake_board.hpp"

namespace {

namespace nvml = joulemark::meter::nvml;
using joulemark::meter::fake::fake_board;
using nvml::Device;
using nvml::Return;

constexpr double kRing = 0.02;
constexpr std::int64_t kRingLength = 119;
constexpr double kCountedBefore = 1000.0;  ///< J that the counter has when the waveform begins

constexpr std::uint32_t kScopeGpu = 0;

int value_type() { return static_cast<int>(fake_board().number("value_type", nvml::kUnsignedInt)); }

unsigned milliwatts(double watts) { return static_cast<unsigned>(watts * 1e3); }

/// Fills in one field; the answer is the field's own.
void answer(Device d, nvml::FieldValue& field) {
  const auto& board = fake_board();
  const bool instant = field.field_id == nvml::kFieldPowerInstant;
  const bool average = field.field_id == nvml::kFieldPowerAverage;
  const bool known = field.scope_id == kScopeGpu && (instant || average);
  Return denied = known ? board.channel(d, "power") : nvml::kNotSupported;
  if (average && denied == nvml::kSuccess) denied = board.channel(d, "average");
  field.result = denied == nvml::kSuccess ? board.alive(d) : denied;
  if (field.result != nvml::kSuccess) return;
  const double t = board.updated();
  field.timestamp_us = static_cast<std::int64_t>(board.wall(board.now()) * 1e6);
  field.value_type = value_type();
  const double watts = instant ? board.sensor().watts(t) : board.sensor().mean_watts(t);
  field.value.ui = milliwatts(board.sensor().noisy(watts, t));
}

}  // namespace

extern "C" {

void fake_nvml_advance_ms(double ms) { fake_board().advance(ms * 1e-3); }

/// J really used between two times of CLOCK_MONOTONIC.
double fake_nvml_joules(double from, double to) {
  const auto& board = fake_board();
  return board.sensor().joules(board.since_zero(to)) -
         board.sensor().joules(board.since_zero(from));
}
/// J that the counter gains between the updates that are shown at two times of CLOCK_MONOTONIC,
/// less what was really used between these updates: what nobody can know who reads this sensor.
double fake_nvml_sensor_error_joules(double from, double to) {
  const auto& board = fake_board();
  const auto& sensor = board.sensor();
  const double first = sensor.updated(board.since_zero(from));
  const double last = sensor.updated(board.since_zero(to));
  return (sensor.counted(last) - sensor.counted(first)) -
         (sensor.joules(last) - sensor.joules(first));
}

Return nvmlDeviceGetTotalEnergyConsumption(Device d, unsigned long long* millijoules) {
  const auto& board = fake_board();
  const auto& sensor = board.sensor();
  if (const Return denied = board.channel(d, "energy"); denied != nvml::kSuccess) return denied;
  board.take_query_time();
  double joules = kCountedBefore + sensor.counted(board.updated());
  if (board.past("reset_after_ms"))
    joules -= kCountedBefore + sensor.counted(board.number("reset_after_ms", 0) * 1e-3);
  *millijoules = static_cast<unsigned long long>(std::max(0.0, sensor.wrapped(joules)) * 1e3);
  return board.alive(d);
}
Return nvmlDeviceGetPowerUsage(Device d, unsigned* out) {
  const auto& board = fake_board();
  if (const Return denied = board.channel(d, "power"); denied != nvml::kSuccess) return denied;
  const double t = board.updated();
  *out = milliwatts(board.sensor().noisy(board.sensor().mean_watts(t), t));
  return board.alive(d);
}
Return nvmlDeviceGetFieldValues(Device d, int count, nvml::FieldValue* values) {
  for (int i = 0; i < count; ++i) answer(d, values[i]);
  return fake_board().alive(d);
}
Return nvmlDeviceGetSamples(Device d, int kind, unsigned long long after_us, int* type,
                            unsigned* count, nvml::Sample* out) {
  const auto& board = fake_board();
  if (kind != nvml::kSamplesTotalPower) return nvml::kNotSupported;
  if (const Return denied = board.channel(d, "ring"); denied != nvml::kSuccess) return denied;
  *type = value_type();
  const auto newest = static_cast<std::int64_t>(board.now() / kRing + 1e-9);
  std::vector<nvml::Sample> samples;
  for (auto i = std::max<std::int64_t>(0, newest - kRingLength + 1); i <= newest; ++i) {
    const double t = static_cast<double>(i) * kRing;
    nvml::Sample s{};
    s.timestamp_us = static_cast<unsigned long long>(board.wall(t) * 1e6);
    s.value.ui = milliwatts(board.sensor().noisy(board.sensor().watts(t), t));
    if (s.timestamp_us > after_us) samples.push_back(s);
  }
  if (samples.empty()) return nvml::kNotFound;
  if (out == nullptr) {
    *count = static_cast<unsigned>(samples.size());
    return board.alive(d);
  }
  const std::size_t fits = std::min<std::size_t>(*count, samples.size());
  std::copy_n(samples.begin(), fits, out);
  *count = static_cast<unsigned>(fits);
  return board.alive(d);
}

}  // extern "C"

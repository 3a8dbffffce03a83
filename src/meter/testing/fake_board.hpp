#pragma once

// The state behind the fake libnvidia-ml.so.1: its settings, its clock and its sensor.
//
// $JOULEMARK_FAKE_NVML holds settings separated by ';', read at the first call.
// The power and the sensor:
//   waveform=flat:200     see meter/waveform.hpp; it begins when the library is first called
//   waveform=load:80,120,500   what the fake CUDA library's GPU does: load_waveform.hpp
//   zero=12345.6          it begins at this time of CLOCK_MONOTONIC, so that processes share it
//   sampling=20           ms: the counter sums samples so far apart instead of the exact integral
//   jitter=0.5            ms that an update shows early or late at most; seed=7: another sequence
//   noise=0.2             W that a reading of power is off by at most; the counter has none
//   cost=4                ms that a query of the counter takes, asleep; spin=1: computing, as the
//                         real one does
//   wrap=100000           J at which the counter starts again from zero
// What it offers:
//   devices=2             how many GPUs, up to 8
//   energy=NOT_SUPPORTED  (also power=, ring=) that channel is missing; NO_PERMISSION: is denied
//   average=NOT_SUPPORTED there is no average power; without it, as power=
//   mute=1                the GPU of this index has none of them
//   value_type=99         of power and ring: which member of the union is set
//   throttle=0x4          clocks event reasons
//   processes=123,456     other processes on the device
//   mig=1
//   persistence=0
//   init=9                what nvmlInit returns
// What goes wrong:
//   lost_after_ms=2500    every device call fails with GPU_IS_LOST from then on
//   lost=1                only those of the GPU of this index do
//   still_after_ms=2500   the counter stops updating while calls go on succeeding
//   reset_after_ms=2500   the counter starts again from zero
//   denied_after_ms=2500  every device call fails with NO_PERMISSION from then on
//   wall_set_after_ms=500, wall_set_ms=-1000    the wall clock is set by so much, which shows in
//   the
//                         stamps from then on
//   clock_after_ms=2500, clock_mhz=1500         the SM clock from then on; 1980 before
//   power_limit_after_ms=2500, power_limit=500  the power limit (W) from then on; 700 before
//   heating=2             degrees per second, from 45
// Time:
//   clock=manual          stands still but for fake_nvml_advance_ms, and queries take none

#include <map>
#include <memory>
#include <string>

#include "meter/nvml_api.hpp"
#include "meter/testing/board_sensor.hpp"

namespace joulemark::meter::nvml {
/// What a handle points to is the library's own.
struct DeviceHandle {
  unsigned index;
};
}  // namespace joulemark::meter::nvml

namespace joulemark::meter::fake {

class FakeBoard {
 public:
  FakeBoard();

  const BoardSensor& sensor() const { return *sensor_; }

  double number(const char* key, double otherwise) const;
  std::string text(const char* key) const;
  /// What a channel of a device answers before it is looked at.
  nvml::Return channel(nvml::Device device, const char* name) const;
  /// What every call of a device answers: success, until it is lost or denied.
  nvml::Return alive(nvml::Device device) const;
  /// `before`, until the time of the setting `after` has come; then what the setting `key` says.
  double changed(const char* after, const char* key, double before) const;
  unsigned devices() const;

  bool manual() const { return text("clock") == "manual"; }
  void advance(double seconds) { advanced_ += seconds; }
  /// Seconds since the waveform began.
  double now() const;
  /// The same moment in seconds of CLOCK_REALTIME; a moment's stamp never changes.
  double wall(double t) const;
  /// Seconds since the waveform began, at a time of CLOCK_MONOTONIC.
  double since_zero(double monotonic) const { return monotonic - zero_; }
  bool past(const char* key) const;
  /// The time of the last update that the sensor made.
  double updated() const;
  /// Takes as long as a query of the counter does.
  void take_query_time() const;

 private:
  std::map<std::string, std::string> settings_;
  std::unique_ptr<BoardSensor> sensor_;
  double zero_ = 0.0;
  double wall_zero_ = 0.0;
  double advanced_ = 0.0;
};

/// The one board of this process.
FakeBoard& fake_board();

/// The handle of a GPU. `index` is below FakeBoard::devices().
nvml::Device fake_handle(unsigned index);

}  // namespace joulemark::meter::fake

#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/clock.hpp"
#include "load/load.hpp"
#include "meter/meter.hpp"

/// A board whose sensor is known exactly: a meter and a load on one manual clock.
namespace joulemark::calibrate::testing {

/// What a calibration is to find out.
struct Sensor {
  double update = 0.1;        ///< s between updates of counter and instant power
  double jitter = 0.0;        ///< s, standard deviation of an update about its grid
  double ring = 0.02;         ///< s between samples; 0: no ring
  double lag = 0.0;           ///< s by which the sensor sees the power late
  double averaging = 0.0;     ///< s of the running mean that it sees
  bool samples_only = false;  ///< the counter sums what the ring sees, not the integral
  double query = 0.004;       ///< s that a query of the energy takes
  double resolution = 1e-3;   ///< J
  double closed = 80.0;       ///< W without a context
  double open = 120.0;        ///< W with one, nothing running
  double busy = 500.0;        ///< W under the load
};

/// Time is cut into milliseconds: the board's power is constant in each.
class Board {
 public:
  Board(const Sensor& sensor, ManualClock& clock)
      : sensor_(sensor), clock_(clock), zero_(clock.now()) {
    info_.name = "board";
    info_.device = "a board";
    info_.device_id = "board-1";
    info_.has_energy = info_.has_power = true;
    info_.has_ring = sensor.ring > 0.0;
    info_.ring_period = from_seconds(sensor.ring);
    info_.update_period = from_seconds(0.1);  // what everybody assumes
    info_.resolution = Joules(sensor.resolution);
    info_.query_cost = std::chrono::milliseconds(4);
    info_.systematic_rel = 0.01;
  }

  const meter::MeterInfo& info() const { return info_; }
  Clock& clock() { return clock_; }

  /// Joules of the counter at its last update.
  Result<Joules> energy() {
    clock_.advance(from_seconds(0.5 * sensor_.query));
    const double joules = energy_until(last_update());
    clock_.advance(from_seconds(0.5 * sensor_.query));
    return Joules(std::floor(joules / sensor_.resolution + 1e-9) * sensor_.resolution);
  }
  Result<Watts> power() { return Watts(seen_power(last_update())); }
  Result<std::vector<meter::PowerSample>> ring_since(Instant after) {
    std::vector<meter::PowerSample> samples;
    const auto last = static_cast<std::int64_t>(now() / sensor_.ring + 1e-9);
    for (std::int64_t i = std::max<std::int64_t>(0, last - 118); i <= last; ++i) {
      const double t = static_cast<double>(i) * sensor_.ring;
      const Instant at = zero_ + from_seconds(t);
      if (at > after) samples.push_back({at, Watts(seen_power(t))});
    }
    return samples;
  }

  void open() { open_at_ = now(); }
  Instant start(const load::Square& square, Nanoseconds length) {
    squares_.push_back(
        {now(), now() + seconds(length), seconds(square.period), seconds(square.high)});
    return clock_.now();
  }
  void wait() {
    if (!squares_.empty()) clock_.sleep_until(zero_ + from_seconds(squares_.back().to));
  }

  /// From this time on (seconds since the board was made) the counter stands still.
  void stop_at(double t) { stopped_ = t; }

 private:
  struct Busy {
    double from, to, period, high;
  };

  double now() const { return seconds(clock_.now() - zero_); }

  double last_update() {
    const double t = std::min(now(), stopped_);
    auto n = static_cast<std::int64_t>(t / sensor_.update) + 1;
    while (n > 0 && update_time(n) > t + 1e-9) --n;
    return n > 0 ? update_time(n) : 0.0;
  }
  double update_time(std::int64_t n) {
    while (static_cast<std::int64_t>(offsets_.size()) <= n) {
      offsets_.push_back(std::normal_distribution<double>(0.0, 1.0)(random_) * sensor_.jitter);
    }
    return static_cast<double>(n) * sensor_.update + offsets_[static_cast<std::size_t>(n)];
  }

  double true_power(double t) const {
    if (t < open_at_) return sensor_.closed;
    for (const Busy& b : squares_) {
      if (t >= b.from - 1e-9 && t < b.to - 1e-9) {
        return std::fmod(t - b.from + 1e-9, b.period) < b.high - 1e-9 ? sensor_.busy : sensor_.open;
      }
    }
    return sensor_.open;
  }
  double seen_power(double t) {
    const double end = t - sensor_.lag;
    if (sensor_.averaging <= 0.0) return true_power(end);
    return (true_energy(end) - true_energy(end - sensor_.averaging)) / sensor_.averaging;
  }
  /// In steps of a tenth of a millisecond, kept: only what is new is added up.
  double true_energy(double t) {
    if (t <= 0.0) return sensor_.closed * t;
    constexpr double kStep = 1e-4;
    const auto n = static_cast<std::size_t>(t / kStep + 1e-6);
    if (sums_.empty()) sums_.push_back(0.0);
    while (sums_.size() <= n) {
      sums_.push_back(sums_.back() +
                      kStep * true_power((static_cast<double>(sums_.size()) - 0.5) * kStep));
    }
    return sums_[n];
  }
  double energy_until(double t) {
    if (sensor_.samples_only) {
      const auto n = static_cast<std::size_t>(t / sensor_.ring + 1e-6);
      if (sampled_.empty()) sampled_.push_back(0.0);
      while (sampled_.size() <= n) {
        const double at = static_cast<double>(sampled_.size()) * sensor_.ring;
        sampled_.push_back(sampled_.back() + sensor_.ring * seen_power(at));
      }
      return sampled_[n];
    }
    return true_energy(t - sensor_.lag) + sensor_.closed * sensor_.lag;
  }

  Sensor sensor_;
  ManualClock& clock_;
  Instant zero_;
  meter::MeterInfo info_;
  double open_at_ = 1e9;
  double stopped_ = 1e9;
  std::vector<Busy> squares_;
  std::vector<double> offsets_ = {0.0};
  std::vector<double> sums_, sampled_;
  std::mt19937 random_{7};
};

class BoardMeter final : public meter::Meter {
 public:
  explicit BoardMeter(Board& board) : board_(board) {}
  const meter::MeterInfo& info() const override { return board_.info(); }
  Result<Joules> energy() override { return board_.energy(); }
  Result<Watts> power() override { return board_.power(); }
  Result<std::vector<meter::PowerSample>> ring_since(Instant after) override {
    return board_.ring_since(after);
  }
  Result<meter::Conditions> conditions() override {
    meter::Conditions c;
    c.driver = "board 1.0";
    return c;
  }

 private:
  Board& board_;
};

class BoardLoad final : public load::Load {
 public:
  explicit BoardLoad(Board& board) : board_(board) {}
  std::string description() const override { return "a square"; }
  std::string closed_state() const override { return "no context"; }
  std::string open_state() const override { return "with a context"; }
  Result<void> open() override {
    board_.open();
    return {};
  }
  Result<Instant> start(const load::Square& square, Nanoseconds length) override {
    return board_.start(square, length);
  }
  Result<void> wait() override {
    board_.wait();
    return {};
  }
  Result<std::optional<double>> launches_per_second(Nanoseconds length) override {
    board_.clock().sleep_until(board_.clock().now() + length);
    fast_ = !fast_;
    return fast_ ? 2e5 : 1e5;
  }

 private:
  Board& board_;
  bool fast_ = false;
};

}  // namespace joulemark::calibrate::testing

#include "measure/observer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

/// Counters that step faster than this are as good as continuous: an edge is off by at most that.
constexpr Nanoseconds kContinuousBelow = 5ms;
constexpr Nanoseconds kPowerSpacing = 100ms;
constexpr Nanoseconds kRingSpacing = 500ms;
/// A device that is switched on always uses energy: a counter that does not move for this many
/// periods has stopped being one.
constexpr std::int64_t kStandstillPeriods = 30;
/// Power that repeats itself to the last digit for so long is not measured any more: sensors give
/// milliwatts, and their noise alone is more. A simulated power may be as flat as it likes.
constexpr Nanoseconds kPowerStandstill = 3s;

std::optional<TickTracker> tracker_for(const meter::MeterInfo& info) {
  if (!info.has_energy || !info.update_period || *info.update_period < kContinuousBelow) {
    return std::nullopt;
  }
  return TickTracker(*info.update_period, info.query_cost);
}

}  // namespace

Error lost(Error error) {
  error.kind = ErrorKind::meter_lost;
  return error;
}

MeterObserver::MeterObserver(meter::Meter& meter, Clock& clock)
    : meter_(meter),
      clock_(clock),
      ticks_(tracker_for(meter.info())),
      use_ring_(meter.info().has_ring),
      use_power_(meter.info().has_power && !meter.info().has_ring),
      energy_due_(clock.now()),
      power_due_(clock.now()),
      last_ring_(clock.now()) {}

Instant MeterObserver::next_due() const {
  const bool any_power = use_ring_ || use_power_;
  if (!meter_.info().has_energy) return power_due_;
  const Instant energy = ticks_ ? ticks_->next_query() : energy_due_;
  return any_power ? std::min(energy, power_due_) : energy;
}

Result<void> MeterObserver::poll() {
  const Instant now = clock_.now();
  if (meter_.info().has_energy && now >= (ticks_ ? ticks_->next_query() : energy_due_)) {
    if (auto r = poll_energy(); !r) return r;
  }
  if ((use_ring_ || use_power_) && clock_.now() >= power_due_) {
    if (auto r = poll_power(); !r) return r;
  }
  return {};
}

Result<void> MeterObserver::poll_energy() {
  const Instant asked = clock_.now();
  const auto energy = meter_.energy();
  const Instant answered = clock_.now();
  ++queries_.count;
  queries_.time += answered - asked;
  if (!energy) return tl::unexpected(lost(energy.error()));
  if (!ticks_) {
    points_.push_back({asked + (answered - asked) / 2 - meter_.info().energy_lag, *energy});
    energy_due_ = std::max(energy_due_ + kContinuousSpacing, answered);
    return {};
  }
  const auto seen = ticks_->observe(asked, answered, *energy);
  withdraw(seen.retracted);
  if (seen.point)
    points_.push_back({seen.point->at - meter_.info().energy_lag, seen.point->energy});
  if (ticks_->standstill() > *meter_.info().update_period * kStandstillPeriods) {
    return fail(ErrorKind::meter_lost,
                fmt::format("the energy counter of {} has not moved for {:.1f} s",
                            meter_.info().device, seconds(ticks_->standstill())),
                "Check the device with `joulemark doctor`; a driver reset usually brings it back");
  }
  return {};
}

Result<void> MeterObserver::poll_power() {
  const Instant now = clock_.now();
  if (use_ring_) {
    power_due_ = now + kRingSpacing;
    return take_ring();
  }
  power_due_ = std::max(power_due_ + kPowerSpacing, now);
  const auto power = meter_.power();
  if (!power) return do_without(power.error());
  add_power({now + (clock_.now() - now) / 2, *power});
  return check_power();
}

Result<void> MeterObserver::flush() {
  return use_ring_ || use_power_ ? poll_power() : Result<void>{};
}

Result<void> MeterObserver::take_ring() {
  const auto samples = meter_.ring_since(last_ring_);
  if (!samples) {
    // Instant power, where there is any, does as well.
    if (samples.error().kind == ErrorKind::unsupported && meter_.info().has_power) {
      use_ring_ = false;
      use_power_ = true;
      same_power_ = 0;
      return {};
    }
    return do_without(samples.error());
  }
  silent_rings_ = samples->empty() ? silent_rings_ + 1 : 0;
  for (const meter::PowerSample& s : *samples) {
    add_power(s);
    last_ring_ = std::max(last_ring_, s.at);
  }
  return check_power();
}

/// One missing channel does not end a measurement that has another; a device that is gone does.
Result<void> MeterObserver::do_without(const Error& error) {
  const bool missing =
      error.kind == ErrorKind::unsupported || error.kind == ErrorKind::permission_denied;
  if (!missing || !meter_.info().has_energy) return tl::unexpected(lost(error));
  use_ring_ = use_power_ = false;
  return {};
}

/// Whether power that stands in for a counter is still measured.
Result<void> MeterObserver::check_power() const {
  const meter::MeterInfo& info = meter_.info();
  if (info.has_energy || info.scope == meter::Scope::simulated) return {};
  const Nanoseconds spacing =
      use_ring_ && info.ring_period.count() > 0 ? info.ring_period : kPowerSpacing;
  const bool silent = use_ring_ && silent_rings_ * kRingSpacing >= kPowerStandstill;
  if (!silent && same_power_ * spacing < kPowerStandstill) return {};
  return fail(
      ErrorKind::meter_lost,
      silent ? fmt::format("{} has given no power sample for {:.1f} s", info.device,
                           seconds(silent_rings_ * kRingSpacing))
             : fmt::format("the power of {} has read exactly {:.3f} W for {:.1f} s", info.device,
                           power_.back().power.value, seconds(same_power_ * spacing)),
      "Check the device with `joulemark doctor`; a driver reset usually brings it back");
}

void MeterObserver::add_power(meter::PowerSample sample) {
  if (!power_.empty() && sample.at <= power_.back().at) return;
  same_power_ = !power_.empty() && sample.power == power_.back().power ? same_power_ + 1 : 0;
  if (!meter_.info().has_energy) {
    // Power is all there is: its running integral stands in for the counter.
    if (!power_.empty()) {
      integrated_ += 0.5 * (power_.back().power + sample.power) * (sample.at - power_.back().at);
    }
    points_.push_back({sample.at, integrated_});
  }
  power_.push_back(sample);
}

void MeterObserver::forget() {
  // The last sample stays: the next one needs it to close the interval between them.
  if (power_.size() > 1) power_.erase(power_.begin(), power_.end() - 1);
  points_.clear();
}

bool MeterObserver::ready() const { return !ticks_ || ticks_->locked(); }

void MeterObserver::set_spacing(Nanoseconds spacing) {
  if (!ticks_) return;
  // To the nearest: a period of 100.0003 ms fits into half a second five times, not four.
  const double periods = seconds(spacing) / seconds(ticks_->period());
  ticks_->set_stride(static_cast<int>(std::max(1.0, std::round(periods))));
}

void MeterObserver::confirm() {
  if (ticks_) ticks_->confirm(clock_.now());
}

bool MeterObserver::confirmed() const { return !ticks_ || ticks_->confirmed(); }

void MeterObserver::drop_unconfirmed() {
  if (ticks_) withdraw(ticks_->drop_unconfirmed());
}

void MeterObserver::withdraw(std::size_t newest) {
  points_.resize(points_.size() - std::min(points_.size(), newest));
}

Nanoseconds MeterObserver::longest_power_gap() const {
  return use_ring_ ? 5 * meter_.info().ring_period : 5 * kPowerSpacing;
}

EdgeRule MeterObserver::edge_rule() const {
  return ticks_ ? EdgeRule::energy_points : EdgeRule::completions;
}

Nanoseconds MeterObserver::edge_uncertainty() const {
  if (ticks_) return ticks_->uncertainty();
  return meter_.info().update_period.value_or(Nanoseconds(0));
}

std::optional<Nanoseconds> MeterObserver::tick_period() const {
  return ticks_ ? std::optional(ticks_->period()) : std::nullopt;
}

}  // namespace joulemark::measure

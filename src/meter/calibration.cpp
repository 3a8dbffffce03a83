#include "meter/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace joulemark::meter {
namespace {

/// A lag that its own spread does not tell from none, or that no reading could have, is not
/// applied.
constexpr double kLongestLag = 1.0;

Nanoseconds lag_of(const Calibration& c, const std::string& channel) {
  const auto* response = c.response(channel);
  const bool known = response != nullptr &&
                     response->lag_s > response->lag_spread_s.value_or(0.0) &&
                     response->lag_s > 0.0 && response->lag_s <= kLongestLag;
  if (!known) return Nanoseconds(0);
  return from_seconds(response->lag_s);
}

MeterInfo improved(MeterInfo info, const Calibration& c) {
  info.calibration = c.id;
  if (info.update_period && c.updates.period_s) {
    info.update_period = from_seconds(*c.updates.period_s);
  }
  for (const auto& q : c.queries) {
    if (q.channel == "energy" && q.rested) info.query_cost = from_seconds(q.wall_s);
  }
  info.energy_lag = lag_of(c, "counter");
  info.ring_lag = lag_of(c, "ring");
  // Only a sensor that samples can be misled so; what else differs is the load.
  if (info.has_ring && c.worst_aliasing()) {
    info.aliasing_power = c.worst_aliasing();
    info.aliasing_rel.reset();
    info.aliasing_updates_rel.reset();
    if (info.update_period && *info.update_period > info.ring_period) {
      info.aliasing_updates_power = c.worst_aliasing(seconds(*info.update_period));
    }
  }
  if (c.host && c.waiting() != nullptr) {
    info.launch_spread_rel = c.host->spread_rel;
    info.waiting_power = Watts(c.waiting()->watts);
  }
  const auto* steady = c.state(kStateSteady);
  if (steady != nullptr && steady->gap_rel && std::abs(*steady->gap_rel) > info.systematic_rel) {
    info.systematic_rel = std::abs(*steady->gap_rel);
    info.systematic_reason = fmt::format(
        "counter and samples differ by so much under a steady load (calibration {})", c.id);
  }
  return info;
}

class CalibratedMeter final : public Meter {
 public:
  CalibratedMeter(Meter& meter, const Calibration& c)
      : meter_(meter), info_(improved(meter.info(), c)) {}

  const MeterInfo& info() const override { return info_; }
  Result<Joules> energy() override { return meter_.energy(); }
  Result<Watts> power() override { return meter_.power(); }
  Result<std::vector<PowerSample>> ring_since(Instant after) override {
    auto samples = meter_.ring_since(after + info_.ring_lag);
    if (samples) {
      for (PowerSample& s : *samples) s.at = s.at - info_.ring_lag;
    }
    return samples;
  }
  Result<Conditions> conditions() override { return meter_.conditions(); }
  Result<Conditions> changing_conditions() override { return meter_.changing_conditions(); }
  Result<Watts> average_power() override { return meter_.average_power(); }
  void observe(pid_t worker) override { meter_.observe(worker); }

 private:
  Meter& meter_;
  MeterInfo info_;
};

}  // namespace

const Calibration::State* Calibration::state(const std::string& name) const {
  const auto found =
      std::find_if(states.begin(), states.end(), [&](const State& s) { return s.name == name; });
  return found == states.end() ? nullptr : &*found;
}

const Calibration::Response* Calibration::response(const std::string& channel) const {
  const auto found = std::find_if(responses.begin(), responses.end(),
                                  [&](const Response& r) { return r.channel == channel; });
  return found == responses.end() ? nullptr : &*found;
}

const Calibration::State* Calibration::waiting() const {
  const auto idle = std::count_if(states.begin(), states.end(),
                                  [](const State& s) { return s.name != kStateSteady; });
  return idle < 2 ? nullptr : &states[static_cast<std::size_t>(idle) - 1];
}

std::optional<Watts> Calibration::worst_aliasing() const { return worst_aliasing(0.0); }

std::optional<Watts> Calibration::worst_aliasing(double period_s) const {
  std::optional<Watts> worst;
  for (const Aliasing& a : aliasing) {
    if (a.period_s < 0.9 * period_s) continue;
    worst = std::max(worst.value_or(Watts(0.0)), Watts(a.worst_rel * a.reference_w));
  }
  return worst;
}

std::unique_ptr<Meter> calibrated(Meter& meter, const Calibration& calibration) {
  return std::make_unique<CalibratedMeter>(meter, calibration);
}

}  // namespace joulemark::meter

#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "meter/meter.hpp"
#include "runtime/worker.hpp"

/// A device on a manual clock: a meter of known power and a worker with steps of known length.
namespace joulemark::measure {

using namespace std::chrono_literals;

/// A counter that steps every 100 ms and takes 4 ms to read, at a power that depends on the load.
class FakeMeter final : public meter::Meter {
 public:
  explicit FakeMeter(ManualClock& clock) : clock_(clock) {
    info_.name = "fake";
    info_.device = "Fake GPU";
    info_.has_energy = info_.has_power = true;
    info_.update_period = 100ms;
    info_.query_cost = 4ms;
    info_.systematic_rel = 0.01;
  }
  const meter::MeterInfo& info() const override { return info_; }
  Result<Joules> energy() override {
    clock_.advance(2ms);
    if (on_energy) on_energy();
    if (clock_.now() >= lost_at) return fail(ErrorKind::meter_lost, "the device fell off the bus");
    if (clock_.now() >= denied_at) return fail(ErrorKind::permission_denied, "not any more", "Ask");
    const auto steps = std::min(clock_.now(), still_at).since_boot / 100ms;
    const Joules e = used ? used(Instant{100ms * steps}) : Watts(power_w) * (100ms * steps);
    clock_.advance(2ms);
    return e;
  }
  Result<Watts> power() override {
    if (on_power) on_power();
    if (clock_.now() >= power_denied_at)
      return fail(ErrorKind::permission_denied, "not any more", "Ask");
    // As a sensor's: never the same twice, until it stands still.
    const auto noise = std::min(clock_.now(), still_at).since_boot / 1ms % 7;
    return Watts(power_w + 0.001 * static_cast<double>(noise));
  }
  Result<std::vector<meter::PowerSample>> ring_since(Instant) override {
    return fail(ErrorKind::unsupported, "no ring");
  }
  Result<meter::Conditions> conditions() override { return current; }
  Result<meter::Conditions> changing_conditions() override {
    ++looks;
    clock_.advance(1ms);
    return changing ? changing(clock_.now()) : meter::Conditions{};
  }
  meter::MeterInfo& as() { return info_; }

  double power_w = 400.0;
  Instant lost_at{std::chrono::hours(24)};
  Instant denied_at{std::chrono::hours(24)};
  Instant power_denied_at{std::chrono::hours(24)};
  Instant still_at{std::chrono::hours(24)};
  std::function<Joules(Instant)> used;  ///< until then; empty: power_w all the time
  std::function<void()> on_energy;      ///< whatever happens while the counter is asked
  std::function<void()> on_power;
  meter::Conditions current;
  std::function<meter::Conditions(Instant)> changing;
  int looks = 0;

 private:
  ManualClock& clock_;
  meter::MeterInfo info_;
};

/// How a fake worker behaves.
struct Behaviour {
  Nanoseconds fixed = 1ms;
  Nanoseconds per_image = 1ms;
  Nanoseconds preparing = 0ms;  ///< before the first step of a run
  Nanoseconds inferring = 0ms;  ///< to compute outputs to be checked
  std::int64_t memory_limit = 1 << 20;
  std::int64_t crash_at_batch = -1;
  std::int64_t hang_at_batch = -1;
  std::optional<Nanoseconds> waited = {};  ///< what the worker says of a run that ended
  double held_up = 0.0;     ///< of every forty steps, the last twenty take so much longer, relative
  double late_steps = 0.0;  ///< stamps come so many steps late, until the queue runs empty
  std::vector<float> logits = {1, 2, 3, 6, 5, 4};
};

class FakeWorker final : public runtime::Worker {
 public:
  FakeWorker(ManualClock& clock, Behaviour behaviour) : clock_(clock), b_(std::move(behaviour)) {
    hello_.runtime_version = "1.2.3";
  }
  const runtime::WorkerHello& hello() const override { return hello_; }
  pid_t pid() const override { return 1; }
  Result<runtime::Loaded> load(const runtime::LoadRequest&, Nanoseconds) override {
    return runtime::Loaded{1s, 1000, {}, R"({"threads": 2})"};
  }
  Result<void> set_input(std::span<const float>, std::int64_t, Nanoseconds) override { return {}; }
  Result<std::vector<float>> infer(std::int64_t batch, Nanoseconds) override {
    if (batch > b_.memory_limit) return fail(ErrorKind::out_of_memory, "no memory");
    clock_.advance(b_.inferring);
    return b_.logits;
  }
  Result<void> start(std::int64_t batch, std::int64_t, int) override {
    batch_ = batch;
    next_ = clock_.now() + b_.preparing + step();
    return {};
  }
  Result<runtime::RunState> poll(std::vector<runtime::Completion>& out) override {
    if (batch_ > b_.memory_limit) return fail(ErrorKind::out_of_memory, "no memory");
    if (batch_ == b_.crash_at_batch) return fail(ErrorKind::crashed, "crashed (SIGSEGV)");
    if (batch_ == b_.hang_at_batch) return runtime::RunState::running;
    const Nanoseconds late = from_seconds(b_.late_steps * seconds(step()));
    for (; next_ + late <= clock_.now(); next_ = next_ + step(), ++steps_)
      out.push_back({next_ + late});
    return runtime::RunState::running;
  }
  Result<void> stop(std::vector<runtime::Completion>& out, Nanoseconds timeout) override {
    if (batch_ == b_.hang_at_batch) {
      clock_.advance(timeout);
      return fail(ErrorKind::timed_out, "did not end its run");
    }
    if (auto r = poll(out); !r) return tl::unexpected(r.error());
    for (int queued = 0; queued < 3; ++queued, next_ = next_ + step()) {
      clock_.sleep_until(next_);
      out.push_back({clock_.now()});
    }
    return {};
  }
  std::optional<Nanoseconds> waited() const override { return b_.waited; }
  std::string log_tail() const override { return {}; }

 private:
  Nanoseconds step() const {
    const Nanoseconds usual = b_.fixed + b_.per_image * batch_;
    return steps_ % 40 < 20 ? usual : from_seconds((1.0 + b_.held_up) * seconds(usual));
  }
  ManualClock& clock_;
  Behaviour b_;
  runtime::WorkerHello hello_;
  std::int64_t batch_ = 1;
  int steps_ = 0;
  Instant next_;
};

}  // namespace joulemark::measure

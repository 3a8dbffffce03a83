#include "meter/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "meter/host.hpp"

namespace joulemark::meter {
namespace {

class EstimateMeter final : public Meter {
 public:
  EstimateMeter(const PowerModel& model, const std::filesystem::path& root, Clock& clock)
      : model_(model),
        conditions_(root),
        clock_(clock),
        began_(clock.now()),
        cpus_(logical_cpus()) {
    info_.name = "estimate";
    info_.device = cpu_model(root);
    info_.device_id = fmt::format("{} logical CPUs", cpus_);
    info_.scope = Scope::cpu_estimate;
    info_.has_energy = true;
    info_.resolution = Joules(1e-9 * model.busy_per_cpu.value);
    info_.query_cost = std::chrono::microseconds(1);
    info_.estimated = true;
    info_.systematic_rel = model.systematic_rel;
    info_.systematic_reason = fmt::format(
        "no meter: {} W idle and {} W busy per logical CPU (Cloud Carbon Footprint's AWS averages "
        "unless set otherwise), CPU time of the worker",
        model.idle_per_cpu.value, model.busy_per_cpu.value);
  }

  const MeterInfo& info() const override { return info_; }

  void observe(pid_t worker) override {
    settle();
    worker_ = worker;
    seen_ = worker > 0 ? process_cpu_time(worker).value_or(Nanoseconds(0)) : Nanoseconds(0);
  }

  Result<Joules> energy() override {
    settle();
    const Watts idle = model_.idle_per_cpu * static_cast<double>(cpus_);
    const Watts extra = model_.busy_per_cpu - model_.idle_per_cpu;
    return idle * (clock_.now() - began_) + extra * counted_;
  }

  Result<Watts> power() override {
    return fail(ErrorKind::unsupported, "an estimate has no instantaneous power");
  }
  Result<std::vector<PowerSample>> ring_since(Instant) override {
    return fail(ErrorKind::unsupported, "an estimate has no ring of samples");
  }
  Result<Conditions> conditions() override { return conditions_.read(); }
  Result<Conditions> changing_conditions() override { return conditions_.changing(); }

 private:
  /// Adds the CPU time since the last look. A process that is gone adds no more: what it used after
  /// the last look is unknown, and the worker's end is reported by whoever owns it.
  void settle() {
    if (worker_ <= 0) return;
    const auto now = process_cpu_time(worker_);
    if (!now) return;
    counted_ += std::max(Nanoseconds(0), *now - seen_);
    seen_ = *now;
  }

  PowerModel model_;
  HostConditions conditions_;
  Clock& clock_;
  Instant began_;
  int cpus_;
  MeterInfo info_;
  pid_t worker_ = 0;
  Nanoseconds seen_{0};     ///< CPU time of worker_ at the last look
  Nanoseconds counted_{0};  ///< of all workers observed so far
};

}  // namespace

std::unique_ptr<Meter> open_estimate(const PowerModel& model, const std::filesystem::path& root,
                                     Clock& clock) {
  return std::make_unique<EstimateMeter>(model, root, clock);
}

}  // namespace joulemark::meter

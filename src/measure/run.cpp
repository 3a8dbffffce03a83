#include "measure/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "measure/active_run.hpp"
#include "measure/conditions.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

constexpr double kUnstable = 0.5;
constexpr std::size_t kFewestWindowsAtAll = 3;
/// Three points are two intervals, the fewest that can differ.
constexpr std::size_t kFewestIdlePoints = 3;
constexpr std::size_t kFewestToSettle = 6;
/// How much longer than asked for idle power may take, until a counter's steps are known and the
/// device has settled: an H100 takes seconds from the end of the last process on it.
constexpr Nanoseconds kIdlePatience = 15s;
/// How much longer it may take until other processes are gone: some never go, as a desktop's.
constexpr Nanoseconds kOthersPatience = 5s;
/// A stepping counter confirms its points within two of its periods, unless the host is very busy.
constexpr Nanoseconds kConfirmPatience = 1s;

/// CPU time that this process has used so far, all threads.
Nanoseconds own_cpu_time() { return meter::process_cpu_time(::getpid()).value_or(Nanoseconds(0)); }

/// With a continuous meter, edges on completions matter only where a step is longer than the time
/// between two readings. Where steps are shorter, the meter's own points are the better edges:
/// energy interpolated between readings would miss what a step does, images interpolated within a
/// step do not.
EdgeRule edge_rule_for(const MeterObserver& observer, const ActiveRun& run, Instant now) {
  const auto steps = static_cast<std::int64_t>(run.timeline().steps());
  const bool short_steps = now - run.began() < steps * kContinuousSpacing;
  return short_steps ? EdgeRule::energy_points : observer.edge_rule();
}

/// The windows measured so far. A stepping counter's updates are off their grid by microseconds, so
/// a window of five periods may be a hair shorter than five times the period. Power may differ
/// within a step, and windows that share one are not independent: they are at least as long.
std::vector<MeasuredWindow> windows_since(const MeterObserver& observer, const ActiveRun& run,
                                          Instant from, EdgeRule rule, const Settings& settings) {
  const auto step = run.timeline().mean_step().value_or(Nanoseconds(0));
  const auto wanted = from_seconds(0.95 * seconds(settings.shortest_window));
  return cut_windows(observer.points(), run.timeline(), from, std::max(wanted, step), rule);
}

Result<WarmUp> warm_up(ActiveRun& run, const Bench& bench, const Settings& settings) {
  WarmUpLimits limits;
  limits.longest = std::min<Nanoseconds>(limits.longest, settings.longest_run / 2);
  limits.shortest = std::min(limits.shortest, limits.longest);
  // A lock on the counter's steps is part of being ready; it takes well under a second.
  const Nanoseconds give_up = limits.longest + 2s;
  WarmUp decision = WarmUp::keep_going;
  while (true) {
    if (auto r = run.pump(); !r) return tl::unexpected(r.error());
    const auto prepared = run.prepared();
    if (!prepared) continue;
    const Instant now = bench.clock.now();
    decision = warm_up_decision(run.timeline(), bench.observer.power(), *prepared, now, limits);
    const bool has_lock = bench.observer.ready() || now - *prepared >= give_up;
    if (decision != WarmUp::keep_going && has_lock) return decision;
  }
}

Result<void> measure_windows(ActiveRun& run, const Bench& bench, const Settings& settings,
                             ConditionsWatch& conditions, RunReport& report) {
  const StoppingRule rule{.target_rel = settings.target_rel};
  const Instant from = bench.clock.now();
  const Instant deadline = run.began() + report.preparing + settings.longest_run;
  const EdgeRule rule_of_edges = edge_rule_for(bench.observer, run, from);
  std::size_t points_seen = 0;
  const auto cut_again = [&] {
    if (bench.observer.points().size() == points_seen) return;
    points_seen = bench.observer.points().size();
    report.windows = windows_since(bench.observer, run, from, rule_of_edges, settings);
    report.reached_target = precise_enough(report.windows, rule);
  };
  while (true) {
    if (auto r = run.pump(); !r) return r;
    cut_again();
    if (auto r = conditions.look(report.windows.size()); !r) return r;
    const Instant now = bench.clock.now();
    if (!report.reached_target && now < deadline) continue;
    if (bench.observer.confirmed()) return {};
    if (now < deadline + kConfirmPatience) {
      bench.observer.confirm();
      continue;
    }
    bench.observer.drop_unconfirmed();
    cut_again();
    return {};
  }
}

/// Of the time from the run's beginning to its last completion, without what was prepared, when a
/// worker submits no steps that it could wait for.
std::optional<double> waited_share(const runtime::Worker& worker, const ActiveRun& run,
                                   Nanoseconds preparing) {
  const auto waited = worker.waited();
  const auto steps = run.timeline().completions();
  const Instant began = run.began() + preparing;
  if (!waited || steps.empty() || steps.back() <= began) return std::nullopt;
  return std::min(1.0, seconds(*waited) / seconds(steps.back() - began));
}

/// What follows from the windows once they are final.
void add_derived(const ActiveRun& run, const MeterObserver& observer, RunReport& report) {
  for (const MeasuredWindow& w : report.windows) {
    report.window_integrals.push_back(
        observer.info().has_energy
            ? integrate(observer.power(), w.from, w.to, observer.longest_power_gap())
            : std::nullopt);
  }
  if (report.windows.empty()) return;
  const Instant from = report.windows.front().from;
  const Instant to = report.windows.back().to;
  report.step_seconds = run.timeline().step_seconds(from, to);
  report.to_first_window = from - run.began();
  for (const meter::PowerSample& s : observer.power()) {
    if (s.at < from || s.at > to) continue;
    if (!report.power_max || s.power > *report.power_max) report.power_max = s.power;
  }
  report.samples_missing = !observer.info().has_energy &&
                           !integrate(observer.power(), from, to, observer.longest_power_gap());
}

/// Where others disturb what is measured. A GPU waits for the CPUs that this process and its worker
/// may use; beside it other GPUs may be measured on others. A meter of the host sees them all.
std::vector<int> cpus_that_matter(const meter::MeterInfo& meter) {
  const bool gpu =
      meter.scope == meter::Scope::gpu_board || meter.scope == meter::Scope::gpu_mig_slice;
  auto cpus = gpu ? meter::allowed_cpus() : std::vector<int>();
  if (cpus.size() == static_cast<std::size_t>(meter::logical_cpus())) cpus.clear();
  return cpus;
}

/// ", while others used 1.2 CPUs" where that may be why.
std::string busy_host(const std::optional<meter::HostUse>& host) {
  constexpr double kNoticeable = 0.1;
  if (!host || host->others_cpus + host->stolen_cpus < kNoticeable) return "";
  std::string words = fmt::format(", while others used {:.1f} CPUs", host->others_cpus);
  if (host->stolen_cpus >= kNoticeable) {
    words += fmt::format(" and the hypervisor withheld {:.1f}", host->stolen_cpus);
  }
  return words;
}

/// The clock that all times are on stands still while the machine sleeps, its meters need not: a
/// window that was slept through holds joules for which there is no time, and no images.
Error slept(Nanoseconds asleep, const std::string& when) {
  return {
      ErrorKind::unstable, fmt::format("the machine slept for {:.1f} s {}", seconds(asleep), when),
      "Measure again, and keep it awake: systemd-inhibit --what=sleep:idle joulemark measure ..."};
}

std::optional<Error> instability(const RunReport& report, const Settings& settings) {
  if (report.clocks.asleep > Nanoseconds(0)) {
    return slept(report.clocks.asleep, fmt::format("while batch {} was measured", report.batch));
  }
  if (report.windows.size() < kFewestWindowsAtAll) {
    return Error{ErrorKind::unstable,
                 fmt::format("only {} windows came together in {:.0f} s at batch {}",
                             report.windows.size(), seconds(settings.longest_run), report.batch),
                 "Allow more time with --max-seconds, or take a smaller batch"};
  }
  const auto interval = mean_interval(per_image(report.windows));
  if (interval && interval->relative() > kUnstable) {
    return Error{
        ErrorKind::unstable,
        fmt::format("the windows differ so much that the interval is ±{:.0f} % at batch {}{}",
                    100.0 * interval->relative(), report.batch, busy_host(report.host)),
        "Close other programs on this machine and measure again"};
  }
  return std::nullopt;
}

/// Those of the last `length`, or a little more where that takes three of them.
std::span<const EnergyPoint> newest_points(std::span<const EnergyPoint> points,
                                           Nanoseconds length) {
  std::size_t count = std::min(points.size(), kFewestIdlePoints);
  while (count < points.size() && points[points.size() - count].at > points.back().at - length)
    ++count;
  return points.last(count);
}

std::vector<double> watts_between(std::span<const EnergyPoint> points) {
  std::vector<double> watts;
  for (std::size_t i = 1; i < points.size(); ++i) {
    watts.push_back(
        ((points[i].energy - points[i - 1].energy) / (points[i].at - points[i - 1].at)).value);
  }
  return watts;
}

/// A device that something has just used falls to its idle power in seconds: its power must not
/// change any more. Of a handful of readings nobody can tell.
bool has_settled(std::span<const EnergyPoint> points) {
  const std::vector<double> watts = watts_between(points);
  if (watts.size() < kFewestToSettle) return true;
  std::vector<double> at;
  for (std::size_t i = 1; i < points.size(); ++i) at.push_back(seconds(points[i].at.since_boot));
  return is_steady(at, watts, kFewestToSettle);
}

}  // namespace

Totals totals(const RunReport& run) {
  Totals t;
  for (const MeasuredWindow& w : run.windows) {
    t.energy += w.energy;
    t.images += w.images;
    t.time += w.to - w.from;
  }
  return t;
}

/// What cannot be asked for is not known to be there.
std::size_t others_on(meter::Meter& meter) {
  const auto conditions = meter.conditions();
  return conditions ? conditions->other_processes.size() : 0;
}

Result<Idle> measure_idle(const Bench& bench, Nanoseconds length) {
  say(bench, "idle power");
  bench.observer.forget();
  bench.observer.set_spacing(Nanoseconds(0));
  const ClockOffsets clocks_before = bench.clock.offsets();
  const Instant began = bench.clock.now();
  Instant until = began + length;
  const Instant give_up = until + kIdlePatience;
  const Instant alone_by = until + kOthersPatience;
  std::size_t others = others_on(bench.observer.meter());
  const auto seen_enough = [&] {
    const auto newest = newest_points(bench.observer.points(), length);
    const bool late = bench.clock.now() >= give_up - kConfirmPatience;
    return newest.size() >= kFewestIdlePoints && (late || has_settled(newest));
  };
  bool has_waited = false;
  while (bench.clock.now() < give_up) {
    if (bench.interrupted) return interrupted_error();
    if (bench.clock.now() >= until + kConfirmPatience && !std::exchange(has_waited, true))
      say(bench, "idle power, until it stands still");
    if (bench.clock.now() >= until && seen_enough()) {
      if (bench.observer.confirmed()) {
        const std::size_t there = others_on(bench.observer.meter());
        others = std::max(others, there);
        const Instant now = bench.clock.now();
        // What begins anew and is cut short would say less than what is there.
        if (others == 0 || now >= alone_by || now + length > give_up) break;
        bench.observer.forget();
        until = now + length;
        others = there;
        continue;
      }
      bench.observer.confirm();
    }
    bench.clock.sleep_until(bench.observer.next_due());
    if (auto r = bench.observer.poll(); !r) return tl::unexpected(r.error());
  }
  if (bench.clock.now() >= give_up) others = std::max(others, others_on(bench.observer.meter()));
  bench.observer.drop_unconfirmed();
  const ClockJump clocks = clock_jump(clocks_before, bench.clock.offsets());
  if (clocks.asleep > Nanoseconds(0))
    return tl::unexpected(slept(clocks.asleep, "while idle power was measured"));
  const auto points = newest_points(bench.observer.points(), length);
  if (points.size() < kFewestIdlePoints) {
    return fail(ErrorKind::unstable,
                fmt::format("the meter gave only {} energy readings in {:.0f} s of idling",
                            points.size(), seconds(length + kIdlePatience)),
                "See `joulemark doctor`, or leave the net energy out with --no-idle");
  }
  Idle idle;
  idle.length = points.back().at - points.front().at;
  idle.power = (points.back().energy - points.front().energy) / idle.length;
  if (const auto interval = mean_interval(watts_between(points)))
    idle.ci95_rel = interval->relative();
  idle.waited = std::max(Nanoseconds(0), points.front().at - began);
  idle.settled = has_settled(points);
  idle.other_processes = others;
  return idle;
}

Result<RunReport> measure_batch(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
                                const Settings& settings) {
  RunReport report;
  report.batch = batch;
  const ClockOffsets clocks_before = bench.clock.offsets();
  bench.observer.forget();
  bench.observer.set_spacing(settings.shortest_window);
  ActiveRun run(worker, batch, bench, settings);
  if (auto r = run.start(); !r) return tl::unexpected(r.error());

  say(bench, fmt::format("batch {}: warming up", batch));
  const auto warm = warm_up(run, bench, settings);
  if (!warm) return tl::unexpected(warm.error());
  report.steady = *warm == WarmUp::steady;
  report.preparing = run.prepared().value() - run.began();  // it is known once a run is warm
  report.warm_up = bench.clock.now() - run.began() - report.preparing;

  say(bench, fmt::format("batch {}: measuring", batch));
  ConditionsWatch conditions(bench.observer.meter(), bench.clock);
  if (auto r = conditions.start(); !r) return tl::unexpected(r.error());
  const meter::HostWatch host("/", {worker.pid(), ::getpid()},
                              cpus_that_matter(bench.observer.meter().info()));
  const Nanoseconds cpu_before = own_cpu_time();
  const MeterObserver::Queries queries_before = bench.observer.queries();
  const Instant before = bench.clock.now();
  if (auto r = measure_windows(run, bench, settings, conditions, report); !r)
    return tl::unexpected(r.error());
  const double measured_for = seconds(bench.clock.now() - before);
  report.controller_cpu_share =
      measured_for > 0.0 ? seconds(own_cpu_time() - cpu_before) / measured_for : 0.0;
  report.host = host.use();
  report.queries.count = bench.observer.queries().count - queries_before.count;
  report.queries.time = bench.observer.queries().time - queries_before.time;
  if (auto r = conditions.end(); !r) return tl::unexpected(r.error());
  report.conditions = conditions.seen();

  report.ran = bench.clock.now() - run.began();
  // The ring gives its samples up to now only; ask once more while the device still works.
  if (auto r = bench.observer.flush(); !r) return tl::unexpected(r.error());
  if (auto r = run.stop(); !r) return tl::unexpected(r.error());
  report.waited_share = waited_share(worker, run, report.preparing);
  add_derived(run, bench.observer, report);
  report.edge_uncertainty = bench.observer.edge_uncertainty();
  report.tick_period = bench.observer.tick_period();
  report.power_trace.assign(bench.observer.power().begin(), bench.observer.power().end());
  report.energy_trace.assign(bench.observer.points().begin(), bench.observer.points().end());
  report.clocks = clock_jump(clocks_before, bench.clock.offsets());
  report.unstable = instability(report, settings);
  return report;
}

}  // namespace joulemark::measure

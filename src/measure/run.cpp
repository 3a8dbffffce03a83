#include "measure/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWorkerPoll = 50ms;
constexpr double kUnstable = 0.5;
constexpr std::size_t kFewestWindowsAtAll = 3;
/// Three points are two intervals, the fewest that can differ.
constexpr std::size_t kFewestIdlePoints = 3;
constexpr Nanoseconds kIdlePatience = 5s;
/// A stepping counter confirms its points within two of its periods, unless the host is very busy.
constexpr Nanoseconds kConfirmPatience = 1s;

void say(const Bench& bench, const std::string& what) {
  if (bench.progress) bench.progress(what);
}

auto interrupted_error() {
  return fail(ErrorKind::interrupted, "interrupted", "What was complete before is kept");
}

/// CPU time that this process has used so far, all threads.
Nanoseconds own_cpu_time() { return meter::process_cpu_time(::getpid()).value_or(Nanoseconds(0)); }

/// A worker that is running a batch size, with its completions so far.
class ActiveRun {
 public:
  ActiveRun(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
            const Settings& settings)
      : worker_(worker), bench_(bench), settings_(settings), timeline_(batch) {}

  Result<void> start() {
    began_ = bench_.clock.now();
    last_progress_ = began_;
    return worker_.start(timeline_.batch(), 0, settings_.queue_depth);
  }

  /// Waits for the next thing to do, then asks the meter and the worker for what is new.
  Result<void> pump() {
    if (bench_.interrupted) return interrupted_error();
    const Instant now = bench_.clock.now();
    bench_.clock.sleep_until(std::min(bench_.observer.next_due(), now + kWorkerPoll));
    if (auto r = bench_.observer.poll(); !r) return r;
    return collect();
  }

  Result<void> stop() {
    std::vector<runtime::Completion> fresh;
    const auto stopped = worker_.stop(fresh, settings_.step_timeout);
    add(fresh);
    return stopped;
  }

  const CompletionTimeline& timeline() const { return timeline_; }
  Instant began() const { return began_; }

 private:
  Result<void> collect() {
    std::vector<runtime::Completion> fresh;
    const auto state = worker_.poll(fresh);
    if (!state) return tl::unexpected(state.error());
    add(fresh);
    const Instant now = bench_.clock.now();
    if (!fresh.empty()) last_progress_ = now;
    if (*state == runtime::RunState::finished) {
      return fail(ErrorKind::crashed, "the worker ended its run without being asked to",
                  "Report this with the worker's log: it breaks the protocol");
    }
    if (now - last_progress_ > settings_.step_timeout) {
      return fail(ErrorKind::timed_out,
                  fmt::format("no step was completed for {:.0f} s", seconds(now - last_progress_)),
                  "Try a smaller batch, or allow more with --step-timeout");
    }
    return {};
  }

  void add(const std::vector<runtime::Completion>& fresh) {
    for (const runtime::Completion& c : fresh) timeline_.add(c.at);
  }

  runtime::Worker& worker_;
  const Bench& bench_;
  const Settings& settings_;
  CompletionTimeline timeline_;
  Instant began_;
  Instant last_progress_;
};

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
/// a window of five periods may be a hair shorter than five times the period.
std::vector<MeasuredWindow> windows_since(const MeterObserver& observer, const ActiveRun& run,
                                          Instant from, EdgeRule rule, const Settings& settings) {
  const auto shortest = from_seconds(0.95 * seconds(settings.shortest_window));
  return cut_windows(observer.points(), run.timeline(), from, shortest, rule);
}

Result<WarmUp> warm_up(ActiveRun& run, const Bench& bench, const Settings& settings) {
  WarmUpLimits limits;
  limits.longest = std::min<Nanoseconds>(limits.longest, settings.longest_run / 2);
  limits.shortest = std::min(limits.shortest, limits.longest);
  // A lock on the counter's steps is part of being ready; it takes well under a second.
  const Instant give_up = run.began() + limits.longest + 2s;
  WarmUp decision = WarmUp::keep_going;
  while (decision == WarmUp::keep_going ||
         (!bench.observer.ready() && bench.clock.now() < give_up)) {
    if (auto r = run.pump(); !r) return tl::unexpected(r.error());
    decision = warm_up_decision(run.timeline(), bench.observer.power(), run.began(),
                                bench.clock.now(), limits);
  }
  return decision;
}

Result<void> add_conditions(const Bench& bench, RunReport& report) {
  const auto conditions = bench.observer.meter().conditions();
  if (!conditions) return tl::unexpected(conditions.error());
  report.conditions.push_back(*conditions);
  return {};
}

Result<void> measure_windows(ActiveRun& run, const Bench& bench, const Settings& settings,
                             RunReport& report) {
  const StoppingRule rule{.target_rel = settings.target_rel};
  const Instant from = bench.clock.now();
  const Instant deadline = run.began() + settings.longest_run;
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

std::optional<Error> instability(const RunReport& report, const Settings& settings) {
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

/// Rough J/image between two completions, of whatever the meter gave in that time.
std::optional<JoulesPerImage> burst_energy(const ActiveRun& run, const Bench& bench, Instant from,
                                           Instant to) {
  const auto points = bench.observer.points();
  const bool has_points = bench.observer.edge_rule() == EdgeRule::completions;
  // The newest point can be older than the last completion.
  if (has_points) to = points.empty() ? from : std::min(to, points.back().at);
  const auto begun = run.timeline().images_at(from);
  const auto done = run.timeline().images_at(to);
  if (!begun || !done || !(*done > *begun)) return std::nullopt;
  if (has_points) {
    const auto first = energy_at(points, from);
    const auto last = energy_at(points, to);
    if (!first || !last) return std::nullopt;
    return (*last - *first) / (*done - *begun);
  }
  std::vector<double> watts;
  for (const meter::PowerSample& s : bench.observer.power()) {
    if (s.at >= from && s.at <= to) watts.push_back(s.power.value);
  }
  if (watts.empty()) return std::nullopt;
  return (Watts(mean(watts)) * (to - from)) / (*done - *begun);
}

}  // namespace

Result<Idle> measure_idle(const Bench& bench, Nanoseconds length) {
  bench.observer.forget();
  const Instant until = bench.clock.now() + length;
  // A counter that steps gives its points at its own pace, after the lock on its steps.
  const Instant give_up = until + kIdlePatience;
  const auto enough = [&] { return bench.observer.points().size() >= kFewestIdlePoints; };
  const auto over = [&] {
    const Instant now = bench.clock.now();
    return now >= give_up || (now >= until && enough() && bench.observer.confirmed());
  };
  while (!over()) {
    if (bench.interrupted) return interrupted_error();
    if (bench.clock.now() >= until && enough()) bench.observer.confirm();
    bench.clock.sleep_until(bench.observer.next_due());
    if (auto r = bench.observer.poll(); !r) return tl::unexpected(r.error());
  }
  bench.observer.drop_unconfirmed();
  const auto points = bench.observer.points();
  if (!enough()) {
    return fail(ErrorKind::unstable,
                fmt::format("the meter gave only {} energy readings in {:.0f} s of idling",
                            points.size(), seconds(length + kIdlePatience)),
                "See `joulemark doctor`, or leave the net energy out with --no-idle");
  }
  std::vector<double> watts;
  for (std::size_t i = 1; i < points.size(); ++i) {
    watts.push_back(
        ((points[i].energy - points[i - 1].energy) / (points[i].at - points[i - 1].at)).value);
  }
  Idle idle;
  idle.length = points.back().at - points.front().at;
  idle.power = (points.back().energy - points.front().energy) / idle.length;
  if (const auto interval = mean_interval(watts)) idle.ci95_rel = interval->relative();
  return idle;
}

Result<RunReport> measure_batch(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
                                const Settings& settings) {
  RunReport report;
  report.batch = batch;
  bench.observer.forget();
  bench.observer.set_spacing(settings.shortest_window);
  ActiveRun run(worker, batch, bench, settings);
  if (auto r = run.start(); !r) return tl::unexpected(r.error());

  say(bench, fmt::format("batch {}: warming up", batch));
  const auto warm = warm_up(run, bench, settings);
  if (!warm) return tl::unexpected(warm.error());
  report.steady = *warm == WarmUp::steady;
  report.warm_up = bench.clock.now() - run.began();

  say(bench, fmt::format("batch {}: measuring", batch));
  if (auto r = add_conditions(bench, report); !r) return tl::unexpected(r.error());
  const meter::HostWatch host("/", {worker.pid(), ::getpid()});
  const Nanoseconds cpu_before = own_cpu_time();
  const MeterObserver::Queries queries_before = bench.observer.queries();
  const Instant before = bench.clock.now();
  if (auto r = measure_windows(run, bench, settings, report); !r) return tl::unexpected(r.error());
  const double measured_for = seconds(bench.clock.now() - before);
  report.controller_cpu_share =
      measured_for > 0.0 ? seconds(own_cpu_time() - cpu_before) / measured_for : 0.0;
  report.host = host.use();
  report.queries.count = bench.observer.queries().count - queries_before.count;
  report.queries.time = bench.observer.queries().time - queries_before.time;
  if (auto r = add_conditions(bench, report); !r) return tl::unexpected(r.error());

  // The ring gives its samples up to now only; ask once more while the device still works.
  if (auto r = bench.observer.flush(); !r) return tl::unexpected(r.error());
  if (auto r = run.stop(); !r) return tl::unexpected(r.error());
  add_derived(run, bench.observer, report);
  report.edge_uncertainty = bench.observer.edge_uncertainty();
  report.tick_period = bench.observer.tick_period();
  report.power_trace.assign(bench.observer.power().begin(), bench.observer.power().end());
  report.energy_trace.assign(bench.observer.points().begin(), bench.observer.points().end());
  report.unstable = instability(report, settings);
  return report;
}

Result<TimedBurst> run_burst(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
                             const Settings& settings) {
  constexpr Nanoseconds kShortest = 200ms;
  constexpr Nanoseconds kSettled = 1s;
  constexpr std::size_t kFewestSteps = 3;
  bench.observer.forget();
  ActiveRun run(worker, batch, bench, settings);
  const Instant before = bench.clock.now();
  if (auto r = run.start(); !r) return tl::unexpected(r.error());
  // The first steps of a shape pick kernels, compile and grow memory pools. While that holds the
  // host up, the device gets ahead of the stamps; they are right again once the queue has been
  // filled anew. Where a step takes so long that such work no longer shows, one is left out.
  const auto settling = [&] {
    const auto steps = run.timeline().completions();
    const bool slow = !steps.empty() && steps[0] - run.began() > kSettled;
    return slow ? std::size_t{1} : static_cast<std::size_t>(1 + settings.queue_depth);
  };
  const auto timed = [&] {
    const auto steps = run.timeline().completions();
    return steps.size() > settling() + kFewestSteps - 1 &&
           steps.back() - steps[settling() - 1] >= kShortest;
  };
  while (!timed()) {
    if (auto r = run.pump(); !r) return tl::unexpected(r.error());
  }
  // Steps that end after this do not count. Where a step has more kernels than the driver queues,
  // submitting holds the host up and its stamps lag by part of a step; while the queue runs empty
  // they catch up, and a few long steps would seem to be one fewer.
  const std::size_t last = run.timeline().steps() - 1;
  if (auto r = bench.observer.flush(); !r) return tl::unexpected(r.error());
  if (auto r = run.stop(); !r) return tl::unexpected(r.error());

  const auto steps = run.timeline().completions();
  const std::size_t first = settling() - 1;
  const Nanoseconds took = steps[last] - steps[first];
  const Images images(static_cast<double>(last - first) * static_cast<double>(batch));
  const Burst burst{batch, images / took, burst_energy(run, bench, steps[first], steps[last])};
  const Nanoseconds preparing = steps[first] - run.began();
  return TimedBurst{burst, {preparing, bench.clock.now() - before - preparing}};
}

Result<BatchSearch> search_batches(runtime::Worker& worker, const Bench& bench,
                                   const Settings& settings) {
  BatchSearch search({settings.largest_batch, settings.search_running, settings.search_longest});
  while (const auto batch = search.next()) {
    say(bench, fmt::format("looking for the best batch: {}", *batch));
    const auto burst = run_burst(worker, *batch, bench, settings);
    if (!burst && burst.error().kind == ErrorKind::out_of_memory) {
      search.out_of_memory(*batch);
      continue;
    }
    if (!burst) return tl::unexpected(burst.error());
    search.add(burst->burst, burst->took);
  }
  return search;
}

}  // namespace joulemark::measure

#include <fmt/format.h>

#include "measure/active_run.hpp"
#include "measure/run.hpp"

/// Short runs that find the best batch size.
namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

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

Result<Burst> run_burst(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
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
  const Nanoseconds step = typical_step(std::span(steps).subspan(first, last - first + 1));
  const Images images(static_cast<double>(batch));
  const Nanoseconds preparing = steps[first] - run.began();
  return Burst{batch,
               images / step,
               burst_energy(run, bench, steps[first], steps[last]),
               {preparing, bench.clock.now() - before - preparing}};
}

Result<BatchSearch> search_batches(runtime::Worker& worker, const Bench& bench,
                                   const Settings& settings, std::int64_t first) {
  BatchSearch search(
      {first, settings.largest_batch, settings.search_running, settings.search_longest});
  while (const auto batch = search.next()) {
    say(bench, fmt::format("looking for the best batch: {}", *batch));
    const auto burst = run_burst(worker, *batch, bench, settings);
    if (!burst && burst.error().kind == ErrorKind::out_of_memory) {
      search.out_of_memory(*batch);
      continue;
    }
    if (!burst) return tl::unexpected(burst.error());
    search.add(*burst);
  }
  return search;
}

}  // namespace joulemark::measure

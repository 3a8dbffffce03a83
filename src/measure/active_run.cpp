#include "measure/active_run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWorkerPoll = 50ms;

}  // namespace

void say(const Bench& bench, const std::string& what) {
  if (bench.progress) bench.progress(what);
}

tl::unexpected<Error> interrupted_error() {
  return fail(ErrorKind::interrupted, "interrupted", "What was complete before is kept");
}

Result<void> ActiveRun::start() {
  began_ = bench_.clock.now();
  last_progress_ = began_;
  return worker_.start(timeline_.batch(), 0, settings_.queue_depth);
}

std::optional<Instant> ActiveRun::prepared() const {
  const auto steps = timeline_.completions();
  if (steps.size() < 2) return std::nullopt;
  return std::max(began_, steps[0] - (steps[1] - steps[0]));
}

Result<void> ActiveRun::pump() {
  if (bench_.interrupted) return interrupted_error();
  const Instant now = bench_.clock.now();
  bench_.clock.sleep_until(std::min(bench_.observer.next_due(), now + kWorkerPoll));
  if (auto r = bench_.observer.poll(); !r) return r;
  return collect();
}

Result<void> ActiveRun::stop() {
  std::vector<runtime::Completion> fresh;
  const auto stopped = worker_.stop(fresh, settings_.step_timeout);
  add(fresh);
  return stopped;
}

Result<void> ActiveRun::collect() {
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

void ActiveRun::add(const std::vector<runtime::Completion>& fresh) {
  for (const runtime::Completion& c : fresh) timeline_.add(c.at);
}

}  // namespace joulemark::measure

#pragma once

#include <optional>
#include <string>

#include "measure/run.hpp"

namespace joulemark::measure {

/// A worker that is running a batch size, with its completions so far.
class ActiveRun {
 public:
  ActiveRun(runtime::Worker& worker, std::int64_t batch, const Bench& bench,
            const Settings& settings)
      : worker_(worker), bench_(bench), settings_(settings), timeline_(batch) {}

  Result<void> start();
  /// Waits for the next thing to do, then asks the meter and the worker for what is new. Errors:
  /// interrupted, timed_out, those of meter and worker.
  Result<void> pump();
  Result<void> stop();

  const CompletionTimeline& timeline() const { return timeline_; }
  Instant began() const { return began_; }
  /// When steps began to follow each other: the beginning, and what the runtime prepares for a new
  /// size within its first step (picking kernels, capturing a graph). Absent before the second
  /// completion, from which on it stays.
  std::optional<Instant> prepared() const;

 private:
  Result<void> collect();
  void add(const std::vector<runtime::Completion>& fresh);

  runtime::Worker& worker_;
  const Bench& bench_;
  const Settings& settings_;
  CompletionTimeline timeline_;
  Instant began_;
  Instant last_progress_;
};

/// Tells whoever listens what is being done.
void say(const Bench& bench, const std::string& what);

/// The error of a measurement that the user ended.
tl::unexpected<Error> interrupted_error();

}  // namespace joulemark::measure

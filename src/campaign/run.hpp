#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/crew.hpp"
#include "campaign/folder.hpp"
#include "campaign/plan.hpp"
#include "campaign/zoo.hpp"

/// Running a campaign: what is left of it, lot by lot, until it is complete or its slot is over.
namespace joulemark::campaign {

/// How many jobs are of a lot: no more than `most`, and where there is a slot, what can be measured
/// in what is left of it at `per_job` seconds each, and a few more. At least one, at first.
std::size_t lot_size(std::size_t most, std::optional<double> left_s, double per_job_s);

/// The first `most` steps, and those next to the last of them that share its artefact.
std::span<const Step> lot_of(const Campaign& campaign, std::span<const Step> steps,
                             std::size_t most);

struct RunOptions {
  std::optional<Nanoseconds> slot;  ///< nothing is begun that cannot be expected to end in it
  /// Rows of before this run that are measured again, once.
  Retry again;
  /// Once true, the job in work is measured to its end and nothing more is begun; may be null.
  const std::atomic<bool>* stop = nullptr;
};

/// Runs what is left for this folder, in its order. Each row is in the database before the next is
/// begun, so that whatever ends this process loses at most one. Artefacts are made a lot at a time,
/// while nothing is measured, and removed as soon as they have been. What is left is asked again
/// before each lot: another process may have the same shard, when a scheduler took it for dead.
/// Returns how many rows of this run failed. Errors end it early: interrupted, those of meter,
/// store and exporter; rows that were complete are kept.
Result<std::size_t> run(const Campaign& campaign, const Folder& folder, const Zoo& zoo, Crew& crew,
                        const RunOptions& options, const Listener& listener, Clock& clock);

}  // namespace joulemark::campaign

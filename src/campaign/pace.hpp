#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "campaign/plan.hpp"
#include "store/record.hpp"

/// How long a campaign's jobs take, by those that were measured. Pure.
namespace joulemark::campaign {

struct Pace {
  std::size_t jobs = 0;
  Nanoseconds measuring{0};  ///< those jobs, from the start of each until its last row
  /// From the start of a sitting until its first job was begun, which is exports and idle power, on
  /// average over sittings. Absent where no row says when its sitting began.
  std::optional<Nanoseconds> until_first;

  /// Absent where nothing was measured.
  std::optional<double> seconds_per_job() const;
  void add(Nanoseconds job);
};

/// By rows of one campaign, in any order. What does not say how long it took is left out.
Pace pace_of(std::span<const store::Record> rows);

/// A guess for a campaign that has no rows, by those of others: in its variants, under their
/// policies, and on a device of this kind ("cuda", "cpu"). A job is taken for as many of their rows
/// as it has policies.
Pace pace_beside(const Campaign& campaign, std::vector<store::Record> rows,
                 const std::string& device_kind);

}  // namespace joulemark::campaign

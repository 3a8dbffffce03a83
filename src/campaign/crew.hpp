#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "campaign/left.hpp"

/// Who measures the jobs of a lot: this process on one device, or one process on each of several.
namespace joulemark::campaign {

struct StoredRow {
  std::string status;  ///< of the row
  std::string words;   ///< it on a line
};

/// What a run tells its user.
struct Listener {
  std::function<void(const std::string& subject, const std::string& what)> stage;
  std::function<void(const StoredRow& row)> finished;
  std::function<void(const std::string& what)> note;  ///< what else the user should know of
};

/// A job to measure, and what became of its artefact.
struct Order {
  Step step;
  std::string no_artefact;  ///< why there is none; empty: there is one
};

/// What came of one job.
struct Ended {
  std::size_t failed = 0;  ///< rows that have no number
};

/// Whether the jobs of a lot are begun, and who is told of it.
struct Control {
  std::function<bool()> may_begin;  ///< asked before each
  std::function<void(std::size_t job)> begun;
  std::function<void(const Ended& job, Nanoseconds took)> ended;
};

class Crew {
 public:
  virtual ~Crew() = default;
  /// What artefacts are made for: "cpu", "cuda".
  virtual std::string kind() const = 0;
  /// How many jobs are measured at the same time.
  virtual std::size_t devices() const = 0;
  /// Idle power, then the jobs. Each row is in a database before it is told of. Errors: those that
  /// end a run, interrupted among them; rows that were complete are kept.
  virtual Result<void> measure(const std::vector<Order>& lot, const Control& control) = 0;
};

}  // namespace joulemark::campaign

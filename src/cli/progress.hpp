#pragma once

#include <cstdio>
#include <string>

#include "base/clock.hpp"

namespace joulemark::cli {

/// Tells a person how far a long command is, on stderr. On a terminal one line is rewritten in
/// place; into a pipe or file only finished rows are written, one line each.
class Progress {
 public:
  /// `total`: rows that will be finished altogether.
  Progress(Clock& clock, std::size_t total, bool terminal, std::FILE* out);
  /// Chooses by whether stderr is a terminal.
  static Progress on_stderr(Clock& clock, std::size_t total);

  /// What is being done now, e.g. "resnet18", "batch 64: warming up".
  void stage(const std::string& subject, const std::string& what);
  /// A row is finished; `summary` stays visible.
  void finished(const std::string& summary);
  /// Something else to know of; stays visible.
  void note(const std::string& what);
  /// Removes the line in progress.
  void clear();

  /// "3/10, about 1 min left": how far, and how long the rest takes at the pace since the first row
  /// was finished; of that one alone nothing is said.
  std::string position() const;

 private:
  Clock& clock_;
  std::size_t total_;
  bool terminal_;
  std::FILE* out_;
  std::size_t done_ = 0;
  Instant first_{};  ///< when the first was finished
};

}  // namespace joulemark::cli

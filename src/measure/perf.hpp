#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"

/// What `perf stat` counts of the energy of the CPUs: another program's word for what RAPL says.
namespace joulemark::measure {

/// The sum of all energies in what `perf stat -x ,` writes. Errors, all unsupported, with perf's
/// own words: there is none, or one that perf could not count.
Result<Joules> parse_perf(std::string_view text);

/// A `perf stat` that is running.
class PerfStat {
 public:
  /// Counts the packages, and with `dram` their memory too, for `length`. `root` is where sysfs is.
  /// Errors, all unsupported: perf is not in `path` (a list of folders such as $PATH), or the
  /// kernel has no such events.
  static Result<PerfStat> start(const std::filesystem::path& root, std::string_view path, bool dram,
                                Nanoseconds length);
  PerfStat(PerfStat&&) noexcept;
  ~PerfStat();

  bool ended();
  /// Waits at most `patience` for its end.
  Result<Joules> finish(Nanoseconds patience);
  Nanoseconds length() const;

 private:
  struct State;
  explicit PerfStat(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace joulemark::measure

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"

namespace joulemark::runtime {

/// What to execute, and what it inherits.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  ///< set on top of our own
  std::vector<int> descriptors;  ///< become 3, 4, ... in the child; nothing else is inherited
  std::filesystem::path log;     ///< receives stdout and stderr
  std::vector<int> cpus = {};    ///< where it runs, with all that it starts; empty: where we do
};

/// A child process that this object owns: it is killed and reaped when the object goes. It runs in
/// a process group of its own (Ctrl-C is the controller's business), which ends with it, and dies
/// with this process.
class Child {
 public:
  /// Errors: io, also when the file cannot be executed.
  static Result<Child> start(const Command& command);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  /// How it ended: "SIGSEGV", "exit code 7"; absent while it runs.
  std::optional<std::string> ended();
  /// Gives it `patience` to end by itself; absent when it did not.
  std::optional<std::string> wait(Nanoseconds patience);
  /// Ends it, if it still runs; returns how it ended.
  std::string end();

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<std::string> how_;
};

}  // namespace joulemark::runtime

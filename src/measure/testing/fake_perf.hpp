#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "meter/testing/tree.hpp"

namespace joulemark::measure {

/// A machine whose kernel counts the energies that are named, with a program called perf.
class FakePerf {
 public:
  const std::filesystem::path& root() const { return tree_.root(); }
  /// The folder of the program.
  std::string path() const { return (tree_ / "bin").string(); }
  void event(std::string_view name) const {
    tree_.write(fmt::format("sys/bus/event_source/devices/power/events/{}", name), "event=0x02\n");
  }
  /// `script` is what it does, as a shell would.
  void program(std::string_view script) const {
    tree_.write("bin/perf", fmt::format("#!/bin/sh\n{}\n", script));
    std::filesystem::permissions(tree_ / "bin/perf", std::filesystem::perms::owner_all);
  }

 private:
  meter::Tree tree_;
};

}  // namespace joulemark::measure

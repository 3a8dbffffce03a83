#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace joulemark::meter {

/// A folder of its own that stands for "/" of a machine, removed at the end.
class Tree {
 public:
  Tree() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "joulemark-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
  }
  ~Tree() { std::filesystem::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  Tree(Tree&&) = delete;
  Tree& operator=(Tree&&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path operator/(std::string_view path) const { return root_ / path; }

  void write(std::string_view path, std::string_view text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }

  /// A domain of the powercap tree, e.g. "intel-rapl:0", as the kernel shows it.
  void domain(std::string_view folder, std::string_view name, std::uint64_t energy_uj) const {
    const std::string at = fmt::format("sys/class/powercap/{}", folder);
    write(at + "/name", fmt::format("{}\n", name));
    write(at + "/max_energy_range_uj", "262143328850\n");
    set(folder, energy_uj);
  }
  void set(std::string_view folder, std::uint64_t energy_uj) const {
    write(fmt::format("sys/class/powercap/{}/energy_uj", folder), fmt::format("{}\n", energy_uj));
  }

 private:
  std::filesystem::path root_;
};

}  // namespace joulemark::meter

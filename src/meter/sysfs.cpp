#include "meter/sysfs.hpp"

#include <algorithm>
#include <fstream>

namespace joulemark::meter {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<double> number_in(const fs::path& path) {
  std::ifstream in(path);
  double value = 0.0;
  return in >> value ? std::optional(value) : std::nullopt;
}

std::vector<fs::path> entries(const fs::path& folder) {
  // Step by step with an error code: a range-for would throw when the folder goes away meanwhile.
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace joulemark::meter

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"

/// timm's published tables, as they are: one row as one value, nothing joined yet. Columns are
/// found by name, since their order and number differ from file to file; a column that is not known
/// is an error, because it may change what the others mean.
namespace joulemark::catalogue {

/// A file that was read: its name without folders, its text and its digest.
struct Input {
  std::string name;
  std::string text;
  std::string sha256;
};

/// A row of results-*.csv.
struct Tested {
  Accuracy accuracy;
  double parameters_m = 0.0;
  double crop = 0.0;
  std::string interpolation;
};
/// (model, size) -> its row.
using Results = std::map<std::pair<std::string, std::int64_t>, Tested>;

/// A row of benchmark-infer-*.csv.
struct Counted {
  std::int64_t torch = 0;  ///< release: 291 is PyTorch 2.9.1
  double parameters_m = 0.0;
  std::optional<double> gmacs, activations_m;
  std::optional<double> images_per_s;
  std::optional<std::size_t> benchmark;  ///< whose table it is, where `benchmarks()` has it
};
/// (architecture, size) -> its rows of all tables.
using Counts = std::map<std::pair<std::string, std::int64_t>, std::vector<Counted>>;

/// An older name of a model -> what it was pretrained on, in the words of that table.
using Pretraining = std::map<std::string, std::string>;

struct Upstream {
  std::array<Results, kTestSets> results;
  Counts counts;
  Pretraining pretraining;
  std::vector<Source::Table> read;  ///< in the order of their names
  std::vector<std::string> unused;  ///< files that a catalogue needs nothing of
};

/// All of timm's tables. Errors: not_found, naming the tables that are missing; invalid_input,
/// naming file, line and column of what is not sound.
Result<Upstream> read_upstream(std::vector<Input> files);

}  // namespace joulemark::catalogue

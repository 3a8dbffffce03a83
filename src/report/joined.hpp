#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "catalogue/catalogue.hpp"
#include "store/record.hpp"

/// Energy that was measured here beside what is published about the same models: the table that
/// analyses start from. docs/joined.md says what each column is.
namespace joulemark::report {

/// One set of weights at one size of images, under one setup and batch policy. The pointers are
/// into what was joined; null is not known.
struct Joined {
  std::string model;              ///< architecture.tag; without a tag where none is known
  const store::Record* measured;  /// of this architecture, not always of these weights
  const catalogue::Architecture* architecture = nullptr;
  const catalogue::Family* family = nullptr;
  const catalogue::Weights* weights = nullptr;
  const catalogue::Evaluation* tested = nullptr;
  const catalogue::Cost* cost = nullptr;
};

/// Pure. Energy belongs to an architecture at a size, so all weights that were tested there share
/// it. Where several records are of one configuration, one that succeeded is preferred, then one
/// that was predicted, then one of
/// the same weights, then the later one. Every record of weights that nobody tested, and of sizes
/// where nothing is published, has a row of its own. In the order of models, sizes, setups,
/// policies.
std::vector<Joined> join(std::span<const store::Record> records,
                         const catalogue::Catalogue& catalogue);

/// A column beside those of store::columns(), which follow it: all of them but `model`.
struct JoinedColumn {
  std::string name;
  std::string unit;  ///< empty for texts and pure numbers
  std::string meaning;
};
/// In the order of files: what the row is about, then energy, then what is published.
std::vector<JoinedColumn> joined_columns();

/// Rows under a header, RFC 4180; empty is not known.
std::string joined_csv(std::span<const Joined> rows);
/// The cells of one row, in the order of joined_columns(): an array; null is not known.
nlohmann::ordered_json joined_cells(const Joined& row);
/// An array of objects; null is not known.
std::string joined_json(std::span<const Joined> rows);

/// The side of a square input, "224x224"; absent for another shape, for which nothing is published.
std::optional<std::int64_t> side(const std::string& input_size);
/// Of the weights that a record is about; empty where it names none.
std::string tag_of(const store::Record& record);

}  // namespace joulemark::report

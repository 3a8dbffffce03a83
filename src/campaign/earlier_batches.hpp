#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/result.hpp"
#include "store/store.hpp"
#include "zoo/descriptor.hpp"

/// The best batch sizes that earlier searches found. Pure, but for `read`.
namespace joulemark::campaign {

/// Of every architecture at an input size, on devices of a name: the best batch hardly goes with
/// weights, and less with precision and runtime than from one architecture to the next.
class EarlierBatches {
 public:
  /// Rows in the order of measuring. One that found no best batch tells nothing.
  void add(const store::Record& row);
  /// All rows of a store, after those that are known. Errors: the store's.
  Result<void> read(store::Store& store);
  /// The newest one in this precision, else in any. Absent where nothing was found before.
  std::optional<std::int64_t> likely(const zoo::Descriptor& model, const std::string& device) const;

 private:
  using Place = std::tuple<std::string, std::string, std::string>;  // device, architecture, size
  struct Found {
    std::map<std::string, std::int64_t> by_precision;
    std::int64_t newest = 0;
  };
  std::map<Place, Found> found_;
};

}  // namespace joulemark::campaign

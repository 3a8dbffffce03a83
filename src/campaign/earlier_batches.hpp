#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/result.hpp"
#include "meter/meter.hpp"
#include "store/store.hpp"
#include "zoo/descriptor.hpp"

/// The best batch sizes that earlier searches found. Pure, but for `read`.
namespace joulemark::campaign {

/// Of every architecture at an input size, on devices of a name, and of all names that one kind of
/// meter reads (GPUs apart from CPUs): the best batch hardly goes with weights, and less with
/// precision, runtime and GPU than from one architecture to the next.
class EarlierBatches {
 public:
  /// Rows in the order of measuring. One that found no best batch tells nothing.
  void add(const store::Record& row);
  /// All rows of a store, after those that are known. Errors: the store's.
  Result<void> read(store::Store& store);
  /// The newest one on this device: in this precision, else in any. Else the same on any device of
  /// this meter. Absent where nothing was found before.
  std::optional<std::int64_t> likely(const zoo::Descriptor& model,
                                     const meter::MeterInfo& meter) const;

 private:
  /// Device or meter, architecture, input size.
  using Place = std::tuple<std::string, std::string, std::string>;
  struct Found {
    std::map<std::string, std::int64_t> by_precision;
    std::int64_t newest = 0;
  };
  using All = std::map<Place, Found>;
  static std::optional<std::int64_t> newest_in(const All& all, const Place& place,
                                               const std::string& precision);
  All of_device_;
  All of_meter_;
};

}  // namespace joulemark::campaign

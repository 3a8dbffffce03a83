#include "store/merge.hpp"

#include <fmt/format.h>

#include <map>

#include "store/columns.hpp"

namespace joulemark::store {
namespace {

std::string id_of(const Record& r) { return r.run; }
std::string id_of(const StoredCalibration& c) { return c.id; }

std::string content_of(const Record& r) { return to_full_json(r, -1); }
std::string content_of(const StoredCalibration& c) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", c.meter, c.device, c.device_id, c.made_at, c.json);
}

/// Those of `from` that are not in `into`.
template <class Thing>
Result<std::vector<Thing>> lacking(std::vector<Thing> from, const std::vector<Thing>& into) {
  std::map<std::string, const Thing*> known;
  for (const Thing& t : into) known[id_of(t)] = &t;
  std::vector<Thing> missing;
  for (Thing& t : from) {
    const auto found = known.find(id_of(t));
    if (found == known.end()) {
      missing.push_back(std::move(t));
    } else if (content_of(t) != content_of(*found->second)) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("{} is there already, and says something else", id_of(t)),
                  "Compare the two: joulemark show, with --db; nothing was added");
    }
  }
  return missing;
}

}  // namespace

Result<Merged> merge(Store& from, Store& into) {
  auto records = from.read({});
  if (!records) return tl::unexpected(records.error());
  auto calibrations = from.calibrations();
  if (!calibrations) return tl::unexpected(calibrations.error());
  const auto records_there = into.read({});
  if (!records_there) return tl::unexpected(records_there.error());
  const auto calibrations_there = into.calibrations();
  if (!calibrations_there) return tl::unexpected(calibrations_there.error());

  const std::size_t record_count = records->size();
  const std::size_t calibration_count = calibrations->size();
  const auto new_records = lacking(std::move(*records), *records_there);
  if (!new_records) return tl::unexpected(new_records.error());
  const auto new_calibrations = lacking(std::move(*calibrations), *calibrations_there);
  if (!new_calibrations) return tl::unexpected(new_calibrations.error());

  if (auto stored = into.append(*new_records); !stored) return tl::unexpected(stored.error());
  for (const StoredCalibration& c : *new_calibrations) {
    if (auto stored = into.append(c); !stored) return tl::unexpected(stored.error());
  }
  const std::size_t added = new_records->size() + new_calibrations->size();
  return Merged{added, record_count + calibration_count - added};
}

}  // namespace joulemark::store

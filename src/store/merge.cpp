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

template <class Thing>
Result<Merged> append_all(Store& into, const std::vector<Thing>& missing, std::size_t all) {
  for (const Thing& t : missing) {
    if (auto stored = into.append(t); !stored) return tl::unexpected(stored.error());
  }
  return Merged{missing.size(), all - missing.size()};
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

  auto first = append_all(into, *new_records, record_count);
  if (!first) return first;
  auto second = append_all(into, *new_calibrations, calibration_count);
  if (!second) return second;
  return Merged{first->added + second->added, first->there + second->there};
}

}  // namespace joulemark::store

#include "store/select.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "base/text.hpp"

namespace joulemark::store {

bool passes(const Record& r, const Filter& f) {
  const bool model =
      f.model.empty() || matches(f.model, r.model) || matches(f.model, r.architecture);
  return model && (f.setup.empty() || matches(f.setup, r.setup)) &&
         (f.status.empty() || f.status == r.status) &&
         (f.campaign.empty() || f.campaign == r.campaign);
}

std::vector<Record> newest(std::vector<Record> all) {
  const auto key = [](const Record& r) {
    const std::int64_t fixed = r.policy == "fixed" ? r.batch.value_or(0) : 0;
    return std::tuple(r.model, r.input_size, r.setup, r.policy, fixed);
  };
  std::map<decltype(key(all.front())), std::size_t> last;
  for (std::size_t i = 0; i < all.size(); ++i) last[key(all[i])] = i;
  std::vector<Record> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (last[key(all[i])] == i) kept.push_back(std::move(all[i]));
  }
  return kept;
}

Result<Record> the_one(std::vector<Record> found, const std::string& prefix,
                       const std::string& place) {
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    return fail(ErrorKind::not_found, fmt::format("there is no run '{}' in {}", prefix, place),
                "`joulemark list` shows the runs that are there");
  }
  return fail(ErrorKind::invalid_input,
              fmt::format("'{}' begins the names of {} runs", prefix, found.size()),
              fmt::format("Write more of it, for instance {}", found.back().run));
}

void forget_documents(Record& record) {
  record.conditions_json.clear();
  record.provenance_json.clear();
}

Error nothing_measured(const std::string& place) {
  return {ErrorKind::not_found, fmt::format("there are no measurements in {}", place),
          "Measure something first: joulemark measure MODEL, or name a database with --db"};
}

}  // namespace joulemark::store

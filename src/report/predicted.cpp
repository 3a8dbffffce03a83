#include "report/predicted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "analysis/predict.hpp"
#include "analysis/select.hpp"
#include "report/analysed.hpp"
#include "report/table.hpp"

namespace joulemark::report {
namespace {

using Place = std::pair<std::string, std::string>;  // architecture, input size

/// What every record of a setup has in common.
store::Record blank(const store::Record& like) {
  store::Record r;
  r.setup = like.setup;
  r.policy = like.policy;
  r.device = like.device;
  r.runtime = like.runtime;
  r.format = like.format;
  r.precision = like.precision;
  r.layout = like.layout;
  r.status = kPredicted;
  return r;
}

/// Every architecture at every size that it was tested at, each once.
std::set<Place> tested(const catalogue::Catalogue& catalogue) {
  std::set<Place> places;
  for (const catalogue::Evaluation& e : catalogue.evaluations) {
    places.emplace(e.architecture, fmt::format("{0}x{0}", e.size));
  }
  return places;
}

void add(std::vector<store::Record>& predicted, store::Record record,
         const analysis::Predictor& predictor, const catalogue::Catalogue& catalogue) {
  const auto rows = analysis_rows({&record, 1}, catalogue);
  const auto p = predictor.predict(rows.front());
  if (!p) return;
  record.energy_j_per_image = p->joules;
  record.ci95_rel = p->rel_95;
  if (p->is_beyond) record.flags.emplace_back(kExtrapolated);
  predicted.push_back(std::move(record));
}

}  // namespace

std::vector<store::Record> predicted_records(std::span<const store::Record> measured,
                                             const catalogue::Catalogue& catalogue) {
  std::map<std::pair<std::string, std::string>, const store::Record*> groups;
  for (const store::Record& r : measured) {
    if (r.policy != "fixed") groups.emplace(std::pair(r.setup, r.policy), &r);
  }
  const auto rows = analysis_rows(measured, catalogue);
  const auto places = tested(catalogue);
  std::vector<store::Record> predicted;
  for (const auto& [group, like] : groups) {
    const auto& [setup, policy] = group;
    const auto chosen = analysis::choose(rows, setup, policy).rows;
    std::set<Place> known;
    for (const analysis::Row* row : chosen) known.emplace(row->architecture, row->input_size);
    const analysis::Predictor predictor(chosen);
    for (const Place& place : places) {
      if (known.contains(place)) continue;
      store::Record record = blank(*like);
      record.model = record.architecture = place.first;
      record.input_size = place.second;
      add(predicted, std::move(record), predictor, catalogue);
    }
  }
  return predicted;
}

std::vector<analysis::Row> predicted_rows(std::span<const store::Record> measured,
                                          const catalogue::Catalogue& catalogue) {
  auto rows = analysis_rows(predicted_records(measured, catalogue), catalogue);
  std::erase_if(rows, [](const analysis::Row& row) {
    return std::ranges::find(row.flags, kExtrapolated) != row.flags.end();
  });
  // Analyses take what has this status, and nothing but a caller who asks has such rows.
  for (analysis::Row& row : rows) row.status = "ok";
  return rows;
}

}  // namespace joulemark::report

#include "cli/read_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "analysis/board_factors.hpp"
#include "analysis/select.hpp"
#include "base/text.hpp"
#include "catalogue/built_in.hpp"
#include "cli/open_store.hpp"
#include "report/analysed.hpp"
#include "report/predicted.hpp"
#include "store/store.hpp"

namespace joulemark::cli {
namespace {

/// Rows of setups that match, without what analyses do not look at.
store::Filter filter_of(const std::string& setup_glob) {
  store::Filter filter;
  filter.setup = setup_glob;
  filter.windows = false;
  filter.documents = false;
  return filter;
}

using RowsBySetup = std::map<std::string, std::size_t>;

RowsBySetup matching(const std::string& setup_glob, RowsBySetup setups) {
  if (!setup_glob.empty())
    std::erase_if(setups, [&](const auto& s) { return !matches(setup_glob, s.first); });
  return setups;
}

/// Why there is no row of such a setup.
Error none_match(const RowsBySetup& all, const std::string& setup_glob,
                 const CommonOptions& common) {
  if (all.empty()) {
    return {ErrorKind::not_found, fmt::format("there are no rows in {}", common.db.text()),
            "Measure something first: joulemark measure MODEL, or name a database with --db"};
  }
  std::vector<std::string> setups;
  for (const auto& [setup, rows] : all) setups.push_back(setup);
  return {ErrorKind::not_found, fmt::format("no setup matches '{}'", setup_glob),
          fmt::format("There are {}", join_words(setups))};
}

/// What a row tells of its board is in these: its configuration, its energy, and how well that is
/// known. A row has sixty more.
constexpr std::array<std::string_view, 16> kToldOfBoards = {
    "run",        "setup",          "architecture",
    "input_size", "batch",          "weights",
    "board",      "status",         "energy_j_per_image",
    "ci95_rel",   "systematic_rel", "systematic_terms",
    "meter",      "scope",          "flags",
    "method"};

/// Rows of setups that nobody asked for, whose boards tell something of those that were asked for.
Result<std::vector<analysis::Row>> rows_beside(store::Store& store, const RowsBySetup& all,
                                               const RowsBySetup& asked) {
  std::set<std::string> kin;
  for (const auto& [setup, count] : asked) kin.insert(analysis::setup_in_any_precision(setup));
  store::Filter filter = filter_of("");
  filter.columns.assign(kToldOfBoards.begin(), kToldOfBoards.end());
  std::vector<analysis::Row> rows;
  for (const auto& [setup, count] : all) {
    if (asked.contains(setup) || !kin.contains(analysis::setup_in_any_precision(setup))) continue;
    filter.setup = glob_of(setup);
    rows.reserve(rows.size() + count);
    const auto read = store.visit(filter, [&](store::Record&& r) {
      if (!r.board.empty()) rows.push_back(report::measured_row(std::move(r)));
    });
    if (!read) return tl::unexpected(read.error());
  }
  return rows;
}

/// To take the catalogue out of its texts takes a fourth of the time of reading thousands of rows:
/// it is done meanwhile.
class CatalogueMeanwhile {
 public:
  CatalogueMeanwhile()
      : found_(std::async(std::launch::async, [] { return &catalogue::built_in(); })) {}
  const catalogue::Catalogue& get() { return *found_.get(); }

 private:
  std::shared_future<const catalogue::Catalogue*> found_;
};

}  // namespace

Result<std::vector<analysis::Row>> rows_to_analyse(const std::string& setup_glob,
                                                   const CommonOptions& common, bool predicted) {
  CatalogueMeanwhile meanwhile;
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  const auto all = (*store)->count_by_setup();
  if (!all) return tl::unexpected(all.error());
  const RowsBySetup asked = matching(setup_glob, *all);
  if (asked.empty()) return tl::unexpected(none_match(*all, setup_glob, common));
  auto records = (*store)->read(filter_of(setup_glob));
  if (!records) return tl::unexpected(records.error());
  const auto beside = rows_beside(**store, *all, asked);
  if (!beside) return tl::unexpected(beside.error());
  store->reset();  // what it holds of a large file would be held beside the rows
  const catalogue::Catalogue& catalogue = meanwhile.get();
  std::vector<analysis::Row> more;
  if (predicted) more = report::predicted_rows(*records, catalogue);
  auto rows = report::analysis_rows(std::move(*records), catalogue, *beside);
  std::ranges::move(more, std::back_inserter(rows));
  return rows;
}

Result<OneSetup> rows_to_choose_from(const std::string& setup_glob, const std::string& policy,
                                     const CommonOptions& common) {
  CatalogueMeanwhile meanwhile;
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  const auto all = (*store)->count_by_setup();
  if (!all) return tl::unexpected(all.error());
  const RowsBySetup setups = matching(setup_glob, *all);

  OneSetup one;
  analysis::MostMeasured search(setups);
  while (const auto setup = search.next()) {
    std::vector<analysis::Row> rows;
    rows.reserve(setups.at(*setup));
    const auto read = (*store)->visit(filter_of(glob_of(*setup)), [&](store::Record&& r) {
      rows.push_back(report::measured_row(std::move(r)));
    });
    if (!read) return tl::unexpected(read.error());
    if (search.counted(analysis::models_of(rows, *setup, policy))) one.rows = std::move(rows);
  }
  auto choice = search.most();
  if (!choice) return tl::unexpected(none_match(*all, setup_glob, common));
  one.others = std::move(choice->others);
  const auto beside = rows_beside(**store, *all, {*setups.find(choice->setup)});
  if (!beside) return tl::unexpected(beside.error());
  store->reset();
  report::complete(one.rows, meanwhile.get(), *beside);
  return one;
}

nlohmann::ordered_json run_or_null(const analysis::Row& row) {
  return row.run.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.run);
}

}  // namespace joulemark::cli

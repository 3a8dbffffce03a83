#include "cli/read_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "catalogue/built_in.hpp"
#include "cli/open_store.hpp"
#include "report/analysed.hpp"
#include "report/predicted.hpp"
#include "store/store.hpp"

namespace joulemark::cli {
namespace {

Result<std::vector<store::Record>> read(const std::string& setup_glob,
                                        const CommonOptions& common) {
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  store::Filter filter;
  filter.setup = setup_glob;
  filter.windows = false;
  filter.documents = false;
  auto records = (*store)->read(filter);
  if (!records || !records->empty()) return records;
  filter.setup.clear();
  const auto all = (*store)->read(filter);
  if (!all) return tl::unexpected(all.error());
  std::set<std::string> setups;
  for (const store::Record& r : *all) setups.insert(r.setup);
  if (setups.empty()) {
    return fail(ErrorKind::not_found, fmt::format("there are no rows in {}", common.db.text()),
                "Measure something first: joulemark measure MODEL, or name a database with --db");
  }
  return fail(ErrorKind::not_found, fmt::format("no setup matches '{}'", setup_glob),
              fmt::format("There are {}", join_words({setups.begin(), setups.end()})));
}

}  // namespace

Result<std::vector<analysis::Row>> rows_to_analyse(const std::string& setup_glob,
                                                   const CommonOptions& common, bool predicted) {
  auto records = read(setup_glob, common);
  if (!records) return tl::unexpected(records.error());
  std::vector<analysis::Row> more;
  if (predicted) more = report::predicted_rows(*records, catalogue::built_in());
  auto rows = report::analysis_rows(std::move(*records), catalogue::built_in());
  std::ranges::move(more, std::back_inserter(rows));
  return rows;
}

nlohmann::ordered_json run_or_null(const analysis::Row& row) {
  return row.run.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.run);
}

}  // namespace joulemark::cli

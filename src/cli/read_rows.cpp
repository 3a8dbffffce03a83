#include "cli/read_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

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

Result<std::vector<store::Record>> read(store::Store& store, store::Filter filter,
                                        const CommonOptions& common) {
  auto records = store.read(filter);
  if (!records || !records->empty()) return records;
  const std::string asked = std::exchange(filter.setup, "");
  const auto all = store.read(filter);
  if (!all) return tl::unexpected(all.error());
  std::set<std::string> setups;
  for (const store::Record& r : *all) setups.insert(r.setup);
  if (setups.empty()) {
    return fail(ErrorKind::not_found, fmt::format("there are no rows in {}", common.db.text()),
                "Measure something first: joulemark measure MODEL, or name a database with --db");
  }
  return fail(ErrorKind::not_found, fmt::format("no setup matches '{}'", asked),
              fmt::format("There are {}", join_words({setups.begin(), setups.end()})));
}

/// To take the catalogue out of its texts takes a fourth of the time of reading thousands of rows:
/// it is done meanwhile.
class CatalogueMeanwhile {
 public:
  CatalogueMeanwhile()
      : found_(std::async(std::launch::async, [] { return &catalogue::built_in(); })) {}
  const catalogue::Catalogue& get() { return *found_.get(); }

 private:
  std::future<const catalogue::Catalogue*> found_;
};

}  // namespace

Result<std::vector<analysis::Row>> rows_to_analyse(const std::string& setup_glob,
                                                   const CommonOptions& common, bool predicted) {
  CatalogueMeanwhile meanwhile;
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  auto records = read(**store, filter_of(setup_glob), common);
  if (!records) return tl::unexpected(records.error());
  store->reset();  // what it holds of a large file would be held beside the rows
  const catalogue::Catalogue& catalogue = meanwhile.get();
  std::vector<analysis::Row> more;
  if (predicted) more = report::predicted_rows(*records, catalogue);
  auto rows = report::analysis_rows(std::move(*records), catalogue);
  std::ranges::move(more, std::back_inserter(rows));
  return rows;
}

Result<OneSetup> rows_to_choose_from(const std::string& setup_glob, const std::string& policy,
                                     const CommonOptions& common) {
  CatalogueMeanwhile meanwhile;
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  store::Filter outline = filter_of(setup_glob);
  std::ranges::copy(analysis::columns_to_choose_by(), std::back_inserter(outline.columns));
  auto outlines = read(**store, outline, common);
  if (!outlines) return tl::unexpected(outlines.error());
  auto choice = analysis::most_measured(report::measured_rows(std::move(*outlines)), policy);
  if (!choice) return tl::unexpected(choice.error());
  auto records = read(**store, filter_of(glob_of(choice->setup)), common);
  if (!records) return tl::unexpected(records.error());
  store->reset();
  return OneSetup{report::analysis_rows(std::move(*records), meanwhile.get()),
                  std::move(choice->others)};
}

nlohmann::ordered_json run_or_null(const analysis::Row& row) {
  return row.run.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.run);
}

}  // namespace joulemark::cli

#include "cli/site_files.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "catalogue/built_in.hpp"
#include "cli/open_store.hpp"
#include "score/built_in.hpp"
#include "site/database.hpp"
#include "site/documents.hpp"
#include "site/page.hpp"

namespace joulemark::cli {
namespace {

/// Of what no document has nothing is read: of many rows it would be gigabytes.
store::Filter for_documents() {
  store::Filter filter;
  filter.windows = false;
  filter.documents = false;
  return filter;
}

}  // namespace

Result<site::Files> site_files(const SiteOptions& options, const CommonOptions& common,
                               const std::atomic<bool>& stop, Haste haste) {
  site::Files files = site::descriptions();
  if (!options.api_only) {
    auto page = site::page();
    if (!page) return page;
    files.merge(*page);
  }
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  const auto records = (*store)->read(for_documents());
  if (!records) return tl::unexpected(records.error());
  const auto edition = score::edition_named("");
  if (!edition) return tl::unexpected(edition.error());
  site::Wanted wanted{JOULEMARK_VERSION, options.predicted};
  wanted.threads = haste == Haste::all ? all_cpus() : 1;
  wanted.stop = &stop;
  wanted.database = !records->empty() && records->size() <= site::kMostRowsInDatabase;
  auto documents = site::documents(*records, catalogue::built_in(), *edition, wanted);
  if (!documents) return documents;
  files.merge(*documents);
  if (!wanted.database) return files;
  const auto whole = (*store)->read({});
  if (!whole) return tl::unexpected(whole.error());
  auto database = site::database(*whole);
  if (!database) return tl::unexpected(database.error());
  files.emplace(site::kDatabase, std::move(*database));
  return files;
}

}  // namespace joulemark::cli

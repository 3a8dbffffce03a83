#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/open_store.hpp"
#include "cli/output.hpp"
#include "store/merge.hpp"

/// `joulemark import`: rows of other databases into this one.
namespace joulemark::cli {

int run_import(const ImportOptions& options, const CommonOptions& common) {
  catch_signals();
  const auto into = open_store(common, store::Mode::write);
  if (!into) return report_error(into.error(), common.json);
  store::Merged all;
  for (const std::string& source : options.from) {
    const store::Location location(source);
    const auto from = store::open_store(location, store::Mode::read, store_options(common));
    if (!from) return report_error(from.error(), common.json);
    const auto merged = store::merge(**from, **into);
    if (!merged) return report_error(merged.error(), common.json);
    all.added += merged->added;
    all.there += merged->there;
  }
  return print_and_end(common.json ? pretty({{"added", all.added}, {"there", all.there}})
                                   : fmt::format("Added {} to {}; {} were there already\n",
                                                 all.added, common.db.text(), all.there),
                       common.json);
}

}  // namespace joulemark::cli

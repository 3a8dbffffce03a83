#pragma once

#include <atomic>
#include <span>
#include <string>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"
#include "score/edition.hpp"
#include "site/files.hpp"
#include "store/record.hpp"

/// The documents of the API, made from rows: docs/web.md says which there are, and the schemas in
/// web/api what each holds.
namespace joulemark::site {

struct Wanted {
  std::string version;      ///< of this program
  bool predicted = false;   ///< also models that were not measured
  std::size_t threads = 1;  ///< that may work at the same time
  /// Ends the work early, which takes seconds for thousands of rows; may be null.
  const std::atomic<bool>* stop = nullptr;
  bool database = false;  ///< the site has one beside the documents: kDatabase
};

/// index.json, models.json, and every analysis of each setup and policy as JSON, CSV and SVG. The
/// letters are the edition's. Pure: the same records give the same bytes. No records are a site
/// that has none. Errors: those of an analysis, naming it and its setup; interrupted.
Result<Files> documents(std::span<const store::Record> records,
                        const catalogue::Catalogue& catalogue, const score::Edition& edition,
                        const Wanted& wanted);

/// The folder of a setup's analyses: its name, with "~" and two digits for each byte that may mean
/// something to a file system or in an address.
std::string folder_of(const std::string& setup);

}  // namespace joulemark::site

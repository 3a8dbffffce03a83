#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "site/files.hpp"

/// A site with everything worked out that an answer needs.
namespace joulemark::site {

struct Ready {
  std::string bytes, type;
  std::string gzip;             ///< the same, smaller; empty where it would not be
  std::string etag, gzip_etag;  ///< strong, of the content
  bool is_immutable = false;    ///< its name changes with its content
};

/// By path, as in Files.
using Site = std::map<std::string, Ready, std::less<>>;

/// Compresses and hashes: a second for 10 MB. Error: internal, when zlib fails.
Result<Site> ready(Files files);

/// RFC 1952, the same for the same bytes. Error: internal.
Result<std::string> gzip(std::string_view bytes);

}  // namespace joulemark::site

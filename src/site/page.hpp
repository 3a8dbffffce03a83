#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"
#include "site/files.hpp"

/// What this program was built with: the page of web/dist, and the texts that describe the API.
namespace joulemark::site {

struct BuiltInFile {
  std::string_view path;  ///< in the site
  std::string_view bytes;
};

/// The files of web/dist; none where the page was not built before the program.
std::span<const BuiltInFile> built_in_page();
/// openapi.json and the schemas of web/api.
std::span<const BuiltInFile> built_in_descriptions();

/// The page. Error: unsupported for a program that was built without it, with what to do.
Result<Files> page();
/// The descriptions, as documents of the API.
Files descriptions();

}  // namespace joulemark::site

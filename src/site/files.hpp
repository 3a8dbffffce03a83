#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

/// A site as files: what `joulemark serve` answers with and `joulemark export-site` writes.
namespace joulemark::site {

struct File {
  std::string bytes;
  std::string type;  ///< of its content, as HTTP has it
};

/// By path from the root, without a slash before it: "index.html", "api/v1/models.json".
using Files = std::map<std::string, File, std::less<>>;

/// What stands before the paths of documents, as opposed to those of the page.
inline constexpr const char* kApi = "api/v1/";
/// The document that says what others there are.
inline constexpr const char* kIndex = "api/v1/index.json";
/// What stands before the paths of files whose names change with their content.
inline constexpr const char* kAssets = "assets/";

/// By the ending of a path; application/octet-stream for one that is not known.
std::string type_of(std::string_view path);

}  // namespace joulemark::site

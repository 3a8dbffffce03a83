#include "site/files.hpp"

#include <algorithm>
#include <array>

namespace joulemark::site {
namespace {

struct Ending {
  std::string_view ending, type;
};

constexpr std::array kTypes = {
    Ending{".html", "text/html; charset=utf-8"},
    Ending{".js", "text/javascript; charset=utf-8"},
    Ending{".css", "text/css; charset=utf-8"},
    Ending{".svg", "image/svg+xml"},
    Ending{".json", "application/json"},
    Ending{".csv", "text/csv; charset=utf-8"},
    Ending{".png", "image/png"},
    Ending{".sqlite", "application/vnd.sqlite3"},
    Ending{".woff2", "font/woff2"},
};

}  // namespace

std::string type_of(std::string_view path) {
  const auto* found = std::ranges::find_if(
      kTypes, [&](const Ending& known) { return path.ends_with(known.ending); });
  return std::string(found == kTypes.end() ? "application/octet-stream" : found->type);
}

}  // namespace joulemark::site

#include "cli/open_store.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/interrupt.hpp"

namespace joulemark::cli {

store::OpenOptions store_options(const CommonOptions& common) {
  store::OpenOptions options;
  options.wait = from_seconds(common.db_wait_s);
  options.interrupted = &interrupted();
  options.say = [](const std::string& text) {
    // Over the line of progress, where a person sees one.
    const char* clear = isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "";
    fmt::print(stderr, "{}joulemark: {}\n", clear, text);
  };
  return options;
}

Result<std::unique_ptr<store::Store>> open_store(const CommonOptions& common, store::Mode mode) {
  return store::open_store(common.db, mode, store_options(common));
}

}  // namespace joulemark::cli

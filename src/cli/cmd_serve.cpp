#include "cli/commands.hpp"

namespace joulemark::cli {
int run_serve(const ServeOptions&, const CommonOptions&) { return kInternal; }
}  // namespace joulemark::cli

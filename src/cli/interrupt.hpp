#pragma once

#include <atomic>

namespace joulemark::cli {

/// Ctrl-C and TERM ask for an orderly end; a second one ends at once.
void catch_signals();

/// True once one of them came.
const std::atomic<bool>& interrupted();

}  // namespace joulemark::cli

#pragma once

#include <atomic>

namespace joulemark::cli {

/// Ctrl-C and TERM ask for an orderly end; a second one ends at once.
void catch_signals();

/// USR1 asks to begin nothing more: a scheduler can send it some time before it ends a job.
void catch_stop();

/// True once Ctrl-C or TERM came.
const std::atomic<bool>& interrupted();

/// True once USR1 came.
const std::atomic<bool>& told_to_stop();

}  // namespace joulemark::cli

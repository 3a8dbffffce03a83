#pragma once

#include <string>
#include <string_view>

namespace joulemark::torch_worker {

/// What a failure of torch says in one line. The TorchScript interpreter's messages are a page that
/// begins with "The following operation failed in the TorchScript interpreter." and ends with
/// "RuntimeError: the reason": the reason is taken, and of the original code the innermost place,
/// as "the reason (layers/x.py(12): forward)". Of other messages, the first line.
std::string failure_text(std::string_view message);

}  // namespace joulemark::torch_worker

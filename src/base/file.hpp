#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace joulemark {

/// Replaces `path` by `content` in one step: a reader sees the old file or the new one, and a
/// failure leaves the old one. Errors: storage_full, permission_denied, not_found (its folder), io.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// What an errno of writing means to who chose the place. Kinds as of write_file.
Error write_failure(const std::string& target, int code);

}  // namespace joulemark

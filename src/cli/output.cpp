#include "cli/output.hpp"

#include <cerrno>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/file.hpp"

namespace joulemark::cli {

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

std::string pretty(const nlohmann::ordered_json& j) {
  return j.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<void> write_out(std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0)
    return tl::unexpected(write_failure("to standard output", errno));
  return {};
}

}  // namespace joulemark::cli

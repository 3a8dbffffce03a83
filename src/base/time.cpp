#include "base/time.hpp"

#include <time.h>

#include <cstdio>
#include <random>

namespace joulemark {
namespace {

std::string utc_now(const char* format) {
  const time_t now = time(nullptr);
  tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  const std::size_t length = strftime(text, sizeof text, format, &utc);
  return {text, length};
}

/// What follows the time is in `rest`; absent where the text does not begin with one.
std::optional<double> read_utc(const std::string& text, const char* format, const char*& rest) {
  tm utc{};
  rest = strptime(text.c_str(), format, &utc);
  if (rest == nullptr) return std::nullopt;
  return static_cast<double>(timegm(&utc));
}

constexpr const char* kRfc3339 = "%Y-%m-%dT%H:%M:%SZ";
constexpr const char* kOfRunId = "%Y%m%dT%H%M%SZ";

}  // namespace

std::string rfc3339_now() { return utc_now(kRfc3339); }

std::optional<double> seconds_of_rfc3339(const std::string& text) {
  const char* rest = nullptr;
  const auto at = read_utc(text, kRfc3339, rest);
  return at && *rest == '\0' ? at : std::nullopt;
}

std::string make_run_id() {
  std::random_device random;
  char suffix[8];
  std::snprintf(suffix, sizeof suffix, "-%06x", random() & 0xffffffu);
  return utc_now(kOfRunId) + suffix;
}

std::optional<double> seconds_of_run_id(const std::string& id) {
  const char* rest = nullptr;
  const auto at = read_utc(id, kOfRunId, rest);
  return at && *rest == '-' ? at : std::nullopt;
}

}  // namespace joulemark

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

}  // namespace

std::string rfc3339_now() { return utc_now("%Y-%m-%dT%H:%M:%SZ"); }

std::optional<double> seconds_of_rfc3339(const std::string& text) {
  tm utc{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return static_cast<double>(timegm(&utc));
}

std::string make_run_id() {
  std::random_device random;
  char suffix[8];
  std::snprintf(suffix, sizeof suffix, "-%06x", random() & 0xffffffu);
  return utc_now("%Y%m%dT%H%M%SZ") + suffix;
}

}  // namespace joulemark

#pragma once

#include <optional>
#include <string>

namespace joulemark {

/// Now in UTC as RFC 3339 with seconds: "2026-11-24T10:15:12Z".
std::string rfc3339_now();

/// Seconds since 1970 of a time in the form above; absent for anything else.
std::optional<double> seconds_of_rfc3339(const std::string& text);

/// A new identifier that sorts by time: "20261124T101512Z-7f3a9c" (six random hex digits, so that
/// runs of several machines can be merged).
std::string make_run_id();

/// Seconds since 1970 of the time in such an identifier; absent for anything else.
std::optional<double> seconds_of_run_id(const std::string& id);

}  // namespace joulemark

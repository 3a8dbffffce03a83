#include "base/result.hpp"

namespace joulemark {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::load_failed:
      return "load_failed";
    case ErrorKind::wrong_output:
      return "wrong_output";
    case ErrorKind::out_of_memory:
      return "out_of_memory";
    case ErrorKind::timed_out:
      return "timed_out";
    case ErrorKind::crashed:
      return "crashed";
    case ErrorKind::meter_lost:
      return "meter_lost";
    case ErrorKind::unstable:
      return "unstable";
    case ErrorKind::export_failed:
      return "export_failed";
    case ErrorKind::invalid_input:
      return "invalid_input";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::permission_denied:
      return "permission_denied";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::io:
      return "io";
    case ErrorKind::storage_full:
      return "storage_full";
    case ErrorKind::read_only:
      return "read_only";
    case ErrorKind::newer_schema:
      return "newer_schema";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::protocol:
      return "protocol";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

std::optional<ErrorKind> kind_named(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    if (name(kind) == text) return kind;
  }
  return std::nullopt;
}

std::vector<std::string> configuration_failures() {
  std::vector<std::string> names;
  for (int i = 0; is_configuration_failure(static_cast<ErrorKind>(i)); ++i)
    names.emplace_back(name(static_cast<ErrorKind>(i)));
  return names;
}

bool is_configuration_failure(ErrorKind kind) { return kind <= ErrorKind::export_failed; }

std::string Error::message() const { return next.empty() ? what : what + ". " + next; }

}  // namespace joulemark

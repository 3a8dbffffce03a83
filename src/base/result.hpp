#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace joulemark {

/// What kind of thing went wrong. The first block names the outcomes that a configuration can have
/// in the store (persisted by name: append only); the second block ends a command.
enum class ErrorKind {
  load_failed,
  wrong_output,
  out_of_memory,
  timed_out,
  crashed,
  meter_lost,
  unstable,
  export_failed,

  invalid_input,
  not_found,
  permission_denied,
  unsupported,
  io,
  storage_full,
  read_only,
  newer_schema,
  busy,
  interrupted,
  protocol,
  internal,
};

/// The persisted, user-visible name of a kind, e.g. "out_of_memory".
std::string_view name(ErrorKind kind);

/// The kind of this name; absent for any other text.
std::optional<ErrorKind> kind_named(std::string_view text);

/// The names of the kinds that are a row of the results.
std::vector<std::string> configuration_failures();

/// True for the kinds that are a row of the results rather than the end of a command.
bool is_configuration_failure(ErrorKind kind);

/// An error as a value: what was tried and on what, and what the reader can do next.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;  ///< one line, no trailing full stop
  std::string next;  ///< the next step for the user; empty only where there is none

  /// "what. next" on one line, ready for a terminal.
  std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string what, std::string next = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(what), std::move(next)});
}

}  // namespace joulemark

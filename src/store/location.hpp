#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace joulemark::store {

/// Where a store is, as `--db` names it: a SQLite file, or a database of a PostgreSQL server. Made
/// of any text; whether a store can be there is for `check` and open_store to say.
class Location {
 public:
  enum class Kind {
    file,        ///< a path
    postgresql,  ///< postgresql://user@host:port/database?options, also postgres://
    other,       ///< what is neither, and must not be taken for a path
  };

  explicit Location(std::string text);
  static Location file(const std::filesystem::path& path);

  Kind kind() const { return kind_; }
  /// Fit for messages, logs and JSON: a URL without its password, and without its parameters that
  /// hold one.
  std::string text() const;
  /// The same as a word of a command line, in quotes where a shell needs them.
  std::string argument() const;
  /// Of a file.
  std::filesystem::path path() const { return text_; }
  /// As it was given, with a password if it has one: for the library that connects, and never for a
  /// message.
  const std::string& with_secrets() const { return text_; }

 private:
  Location(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  Kind kind_;
  std::string text_;
};

/// Error: invalid_input for what is neither a path nor a URL of PostgreSQL, and for a URL that a
/// special character within its password tears apart. Shows nothing that might be a password.
Result<void> check(const Location& location);

}  // namespace joulemark::store

#include "store/location.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/text.hpp"

namespace joulemark::store {
namespace {

constexpr std::string_view kSeparator = "://";
/// The parameters of libpq that people begin a connection string of key=value pairs with.
constexpr std::array<std::string_view, 10> kKeywords = {
    "host",     "hostaddr", "port",    "dbname",  "user",
    "password", "passfile", "service", "sslmode", "options"};

/// The length of "scheme" in "scheme://..."; 0 where there is none. RFC 3986, 3.1.
std::size_t scheme_length(std::string_view text) {
  const std::size_t length = text.find(kSeparator);
  if (length == std::string_view::npos || length == 0) return 0;
  const auto sound = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '.' || c == '-';
  };
  const bool is_scheme = std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
                         std::all_of(text.begin(), text.begin() + length, sound);
  return is_scheme ? length : 0;
}

/// "host=db dbname=x": a file may be called so, but nobody calls it so.
bool is_conninfo(std::string_view text) {
  const std::size_t length = text.find('=');
  if (length == std::string_view::npos) return false;
  std::string_view key = text.substr(0, length);
  while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
  while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
  return std::find(kKeywords.begin(), kKeywords.end(), key) != kKeywords.end();
}

Location::Kind kind_of(std::string_view text) {
  const std::size_t length = scheme_length(text);
  const std::string_view scheme = text.substr(0, length);
  if (scheme == "postgresql" || scheme == "postgres") return Location::Kind::postgresql;
  return length > 0 || is_conninfo(text) ? Location::Kind::other : Location::Kind::file;
}

/// "%70assword" is "password" to libpq.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(std::tolower(static_cast<int>(value)));
      i += 2;
    } else {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    }
  }
  return out;
}

bool is_secret(std::string_view parameter) {
  const std::string name = decoded(parameter.substr(0, parameter.find('=')));
  return name.find("password") != std::string::npos || name.find("secret") != std::string::npos;
}

/// "a,b:1,[::1]:2" as it is; of "a:secret", whose port is none, "a".
std::string without_odd_ports(std::string_view hosts) {
  std::string kept;
  while (!hosts.empty()) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    const std::size_t address = host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0;
    const std::size_t colon = std::min(host.find(':', address), host.size());
    const std::string_view port = host.substr(colon);
    const bool number = port.find_first_not_of(":0123456789") == std::string_view::npos;
    kept += number ? host : host.substr(0, colon);
    hosts.remove_prefix(host.size());
    if (hosts.empty()) break;
    kept += ',';
    hosts.remove_prefix(1);
  }
  return kept;
}

/// "?a=1&password=x" -> "?a=1".
std::string without_secrets(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    query.remove_prefix(1);  // '?' or '&'
    const std::string_view parameter = query.substr(0, query.find('&'));
    if (!is_secret(parameter)) kept += fmt::format("{}{}", kept.empty() ? '?' : '&', parameter);
    query.remove_prefix(parameter.size());
  }
  return kept;
}

}  // namespace

Location::Location(std::string text) : kind_(kind_of(text)), text_(std::move(text)) {}

Location Location::file(const std::filesystem::path& path) { return {Kind::file, path.string()}; }

std::string Location::text() const {
  if (kind_ == Kind::file) return text_;
  const std::size_t length = scheme_length(text_);
  if (length == 0) return "(key=value pairs)";
  const std::string scheme = text_.substr(0, length + kSeparator.size());
  std::string_view rest = std::string_view(text_).substr(scheme.size());
  // Up to the last '@', wherever it is: the password of a URL that is wrong is a password too.
  const std::size_t at = rest.rfind('@');
  std::string user;
  if (at != std::string_view::npos) {
    const std::string_view before = rest.substr(0, at);
    user = fmt::format("{}@", before.substr(0, before.find_first_of(":/?")));
    rest.remove_prefix(at + 1);
  }
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const std::size_t query = std::min(rest.find('?'), rest.size());
  return fmt::format("{}{}{}{}{}", scheme, user, without_odd_ports(rest.substr(0, path)),
                     rest.substr(path, query - path), without_secrets(rest.substr(query)));
}

std::string Location::argument() const { return shell_word(text()); }

Result<void> check(const Location& location) {
  if (location.kind() == Location::Kind::file) return {};
  const std::string& text = location.with_secrets();
  if (location.kind() == Location::Kind::other && scheme_length(text) == 0) {
    return fail(ErrorKind::invalid_input, "--db takes no pairs of key=value",
                "Write postgresql://user@host/database, or ./NAME for a file of such a name");
  }
  if (location.kind() == Location::Kind::other) {
    return fail(ErrorKind::invalid_input,
                fmt::format("'{}://' is no place for a database", text.substr(0, text.find(':'))),
                "Name a file for SQLite, or postgresql://user@host/database");
  }
  std::string_view rest = std::string_view(text).substr(text.find(kSeparator) + kSeparator.size());
  const std::size_t at = rest.rfind('@');
  const bool torn = at != std::string_view::npos && rest.find_first_of("@/?") != at;
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  const std::string_view hosts = rest.substr(0, rest.find_first_of("/?"));
  if (!torn && without_odd_ports(hosts) == hosts) return {};
  return fail(ErrorKind::invalid_input,
              torn ? "the URL of the database has an '@', '/' or '?' where none may stand"
                   : "the URL of the database has a port that is no number",
              "It is postgresql://user@host:port/database, and within its parts these are written "
              "%40, %2F and %3F. A password had better stand in ~/.pgpass or PGPASSWORD");
}

}  // namespace joulemark::store

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "site/ready.hpp"

/// What is answered to a request: pure, and all that is decided about HTTP.
namespace joulemark::site {

/// Who may ask.
enum class Reach {
  loopback,  ///< this machine, under its own names
  anywhere,
};

/// What matters of a request, as it came. Views are into it.
struct Request {
  std::string_view method = "GET";
  std::string_view target;
  std::string_view host;  ///< of the Host header
  std::size_t hosts = 1;  ///< how many of these there are
  bool is_http_1_0 = false;
  std::string_view accept_encoding;
  std::string_view if_none_match;
  bool has_body = false;
};

struct Answer {
  int status = 200;
  /// All but Content-Length, Date and Connection.
  std::vector<std::pair<const char*, std::string>> headers;
  const std::string* shared = nullptr;  ///< content that is in the site
  std::string own;                      ///< other content
  bool is_head = false;                 ///< the content is announced and not sent
  bool closes = false;                  ///< the connection ends with it

  const std::string& content() const { return shared != nullptr ? *shared : own; }
};

/// Looks the path up in the site and nowhere else: no request reaches a file system. 304 where the
/// client has it already; 400 for what is no request, 404, 405, 413 for one with a body, and 421
/// for a name that is not this machine's where only this machine may ask: a web page of elsewhere
/// whose name was made to point here (DNS rebinding) reads nothing.
Answer answer(const Request& request, const Site& site, Reach reach);

/// What could not be read as a request at all: `status` is 400 or 431.
Answer refusal(int status);

/// The path of a target, below the root and without its query: "a b" for "/a%20b?x" and for
/// "http://host/a%20b". Absent for another form, for a wrong escape and for one that is no text.
std::optional<std::string> path_of(std::string_view target);

/// Whether gzip is as welcome as the plain content (RFC 9110, 12.5.3).
bool takes_gzip(std::string_view accept_encoding);

/// Whether a list of entity tags has this one, or is "*".
bool has_tag(std::string_view list, std::string_view etag);

/// Whether a Host header names this machine as itself: localhost, 127.0.0.1 or [::1], on any port.
bool is_this_machine(std::string_view host);

}  // namespace joulemark::site

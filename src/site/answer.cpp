#include "site/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace joulemark::site {
namespace {

/// Nothing of another host, no script or style in the page itself. It may be framed by any page:
/// there is nothing here that a misled click could change, and who frames it cannot read it.
constexpr const char* kPagePolicy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'";
/// Figures have their style within: as a document of its own, one may have that and nothing else.
constexpr const char* kFigurePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

constexpr std::string_view kAllowed = "GET, HEAD";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_words(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Calls `with` with each part of a list, without the white space around it.
template <class With>
void for_each_part(std::string_view list, char separator, With with) {
  while (!list.empty()) {
    const auto length = std::min(list.find(separator), list.size());
    with(trimmed(list.substr(0, length)));
    list.remove_prefix(std::min(length + 1, list.size()));
  }
}

// --- targets

std::optional<int> hex(char c) {
  const char l = lower(c);
  if (l >= '0' && l <= '9') return l - '0';
  if (l >= 'a' && l <= 'f') return l - 'a' + 10;
  return std::nullopt;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex(text[i + 1]);
    const auto low = hex(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

struct Absolute {
  std::string_view host, rest;  ///< `rest` begins with the path, or is empty
};
/// "http://host/path", as a proxy is asked for it and every server must understand it.
std::optional<Absolute> absolute(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_words(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto length = std::min(target.find_first_of("/?#"), target.size());
    return Absolute{target.substr(0, length), target.substr(length)};
  }
  return std::nullopt;
}

// --- answers

/// What holds for every answer.
void add_common(Answer& a, std::string_view type) {
  const bool is_figure = type == "image/svg+xml";
  a.headers.emplace_back("Content-Security-Policy", is_figure ? kFigurePolicy : kPagePolicy);
  a.headers.emplace_back("X-Content-Type-Options", "nosniff");
  a.headers.emplace_back("Referrer-Policy", "no-referrer");
  // A figure may be shown by a page of another host, which then cannot read it.
  a.headers.emplace_back("Cross-Origin-Resource-Policy",
                         is_figure ? "cross-origin" : "same-origin");
}

struct Problem {
  int status;
  std::string_view kind, title, next;
};
constexpr std::array kProblems = {
    Problem{400, "bad_request", "This is no request that can be answered.", "Ask for a path."},
    Problem{404, "not_found", "There is nothing under this address.",
            "The documents are listed in /api/v1/index.json."},
    Problem{405, "method_not_allowed", "Everything here can be read, and nothing changed.",
            "Use GET or HEAD."},
    Problem{413, "content_too_large", "No request here has a body.", "Send it without one."},
    Problem{421, "misdirected_request", "This name is not one of this machine's own.",
            "Open it as http://localhost or http://127.0.0.1 with its port."},
    Problem{431, "headers_too_large", "The headers are longer than 8 kB.",
            "Delete this host's cookies, or send fewer headers."},
};

std::string json_text(const Problem& p) {
  return fmt::format(R"({{"error":{{"kind":"{}","what":"{}","next":"{}"}}}})"
                     "\n",
                     p.kind, p.title, p.next);
}

std::string page_text(const Problem& p) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{} – Joulemark</title>\n<h1>{}</h1>\n<p>{}</p>\n"
      "<p><a href=\"/\">The page</a>, <a href=\"/api/v1/index.json\">its documents</a></p>\n",
      p.status, p.title, p.next);
}

/// Words are for a person where a page was asked for, else for a program.
Answer problem(int status, bool is_of_page = false) {
  const auto* const found = std::ranges::find(kProblems, status, &Problem::status);
  const Problem& p = found == kProblems.end() ? kProblems.front() : *found;
  Answer a;
  a.status = p.status;
  const std::string_view type = is_of_page ? "text/html; charset=utf-8" : "application/json";
  a.headers.emplace_back("Content-Type", std::string(type));
  a.headers.emplace_back("Cache-Control", "no-store");
  if (status == 405) a.headers.emplace_back("Allow", std::string(kAllowed));
  add_common(a, type);
  a.own = is_of_page ? page_text(p) : json_text(p);
  return a;
}

Answer found(const Request& request, const Ready& file) {
  const bool is_gzip = !file.gzip.empty() && takes_gzip(request.accept_encoding);
  const std::string& etag = is_gzip ? file.gzip_etag : file.etag;
  Answer a;
  a.headers.emplace_back("ETag", etag);
  a.headers.emplace_back("Cache-Control",
                         file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file.gzip.empty()) a.headers.emplace_back("Vary", "Accept-Encoding");
  add_common(a, file.type);
  if (has_tag(request.if_none_match, etag)) {
    a.status = 304;
    return a;
  }
  a.headers.emplace_back("Content-Type", file.type);
  if (is_gzip) a.headers.emplace_back("Content-Encoding", "gzip");
  a.shared = is_gzip ? &file.gzip : &file.bytes;
  return a;
}

/// Absent where the request may be answered, else why not.
std::optional<int> refused(const Request& r, Reach reach) {
  const auto whole = absolute(r.target);
  const std::string_view host = whole ? whole->host : r.host;
  const bool has_host = r.hosts == 1 || (r.hosts == 0 && r.is_http_1_0);
  if (!has_host) return 400;
  const bool names_any = r.hosts == 1 || whole;
  const bool names_another = names_any && !is_this_machine(host);
  if (reach == Reach::loopback && names_another) return 421;
  if (r.method != "GET" && r.method != "HEAD") return 405;
  if (r.has_body) return 413;
  return std::nullopt;
}

Answer looked_up(const Request& request, const Site& site) {
  const auto path = path_of(request.target);
  if (!path) return problem(400);
  const auto file = site.find(path->empty() ? std::string_view("index.html") : *path);
  if (file == site.end()) return problem(404, !path->starts_with("api/"));
  return found(request, file->second);
}

}  // namespace

std::optional<std::string> path_of(std::string_view target) {
  if (const auto whole = absolute(target)) {
    target = whole->rest.starts_with('/') ? whole->rest : std::string_view("/");
  }
  if (!target.starts_with('/')) return std::nullopt;
  auto path = unescaped(target.substr(1, std::min(target.find_first_of("?#"), target.size()) - 1));
  const bool has_control = path && std::ranges::any_of(*path, [](char c) {
                             return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
                           });
  if (has_control) return std::nullopt;
  return path;
}

bool takes_gzip(std::string_view accept_encoding) {
  double gzip = 0.0;
  double any = 0.0;
  double plain = 0.0;
  bool names_gzip = false;
  for_each_part(accept_encoding, ',', [&](std::string_view part) {
    const auto semicolon = std::min(part.find(';'), part.size());
    const std::string_view coding = trimmed(part.substr(0, semicolon));
    double q = 1.0;
    for_each_part(part.substr(semicolon), ';', [&](std::string_view parameter) {
      if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return;
      const std::string_view number = parameter.substr(2);
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), q);
      const bool is_weight = error == std::errc() && q >= 0.0 && q <= 1.0;
      if (!is_weight) q = 0.0;
    });
    if (equal_words(coding, "gzip") || equal_words(coding, "x-gzip")) {
      gzip = std::max(gzip, q);
      names_gzip = true;
    }
    if (coding == "*") any = q;
    if (equal_words(coding, "identity")) plain = q;
  });
  if (!names_gzip) gzip = any;
  return gzip > 0.0 && gzip >= plain;
}

bool has_tag(std::string_view list, std::string_view etag) {
  bool has = false;
  for_each_part(list, ',', [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    has = has || tag == etag || tag == "*";
  });
  return has;
}

bool is_this_machine(std::string_view host) {
  // The last colon begins a port, but within the brackets of IPv6.
  const auto colon = host.find_last_of(":]");
  if (colon != std::string_view::npos && host[colon] == ':') {
    const std::string_view port = host.substr(colon + 1);
    const bool is_number = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return false;
    host = host.substr(0, colon);
  }
  return equal_words(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

Answer answer(const Request& request, const Site& site, Reach reach) {
  const auto why_not = refused(request, reach);
  Answer a = why_not ? problem(*why_not) : looked_up(request, site);
  a.is_head = request.method == "HEAD";
  a.closes = request.has_body;  // it is not read
  return a;
}

Answer refusal(int status) {
  Answer a = problem(status);
  a.closes = true;
  return a;
}

}  // namespace joulemark::site

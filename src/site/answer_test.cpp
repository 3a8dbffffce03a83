#include "site/answer.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace joulemark::site {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Site& small() {
  static const Site kSite = [] {
    Files files;
    files["index.html"] = {std::string(2000, 'x'), type_of("index.html")};
    files["assets/a-123.js"] = {std::string(2000, 'y'), type_of("a.js")};
    files["api/v1/index.json"] = {"{}", type_of("i.json")};
    files["api/v1/a b.svg"] = {"<svg/>", type_of("a.svg")};
    return *ready(std::move(files));
  }();
  return kSite;
}

Request get(std::string_view target) {
  Request r;
  r.target = target;
  r.host = "localhost:8080";
  return r;
}

Answer ask(const Request& r, Reach reach = Reach::loopback) { return answer(r, small(), reach); }
int status(std::string_view target) { return ask(get(target)).status; }

std::string header(const Answer& a, std::string_view name) {
  const auto found =
      std::ranges::find_if(a.headers, [&](const auto& h) { return h.first == name; });
  return found == a.headers.end() ? "" : found->second;
}

TEST(Answer, GivesAFileWithWhatACacheAndABrowserNeed) {
  const Answer a = ask(get("/"));
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.content(), std::string(2000, 'x'));
  EXPECT_EQ(header(a, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(a, "Cache-Control"), "no-cache");
  EXPECT_EQ(header(a, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header(a, "Content-Encoding"), "");
  EXPECT_EQ(header(a, "ETag").size(), 34u);
  EXPECT_EQ(header(a, "X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(header(a, "Content-Security-Policy"),
              HasSubstr("default-src 'self'; base-uri 'none'"));
  EXPECT_THAT(header(a, "Content-Security-Policy"), Not(HasSubstr("frame-ancestors")))
      << "a figure of it may stand in another page";
  EXPECT_EQ(header(a, "Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_THAT(header(ask(get("/assets/a-123.js")), "Cache-Control"), HasSubstr("immutable"));
}

TEST(Answer, OfAFigureLetsItsOwnStyleAloneRun) {
  const Answer a = ask(get("/api/v1/a%20b.svg"));
  EXPECT_EQ(a.status, 200);
  EXPECT_THAT(header(a, "Content-Security-Policy"), HasSubstr("default-src 'none'; style-src"));
  EXPECT_EQ(header(a, "Cross-Origin-Resource-Policy"), "cross-origin");
}

TEST(Answer, IsCompressedWhereThatIsWelcomeAndSmaller) {
  Request r = get("/");
  r.accept_encoding = "gzip, br";
  const Answer a = ask(r);
  EXPECT_EQ(header(a, "Content-Encoding"), "gzip");
  EXPECT_LT(a.content().size(), 100u);
  EXPECT_NE(header(a, "ETag"), header(ask(get("/")), "ETag")) << "other bytes, another tag";
  r.target = "/api/v1/index.json";
  EXPECT_EQ(header(ask(r), "Content-Encoding"), "") << "two bytes do not get smaller";
}

TEST(Answer, IsShortForWhoHasTheSameAlready) {
  Request r = get("/");
  const std::string etag = header(ask(r), "ETag");
  r.if_none_match = etag;
  const Answer a = ask(r);
  EXPECT_EQ(a.status, 304);
  EXPECT_EQ(a.content(), "");
  EXPECT_EQ(header(a, "ETag"), etag);
  EXPECT_EQ(header(a, "Cache-Control"), "no-cache");
  r.accept_encoding = "gzip";
  EXPECT_EQ(ask(r).status, 200) << "what the client has is the plain one";
}

TEST(Answer, ToHeadAnnouncesTheSame) {
  Request r = get("/");
  r.method = "HEAD";
  const Answer a = ask(r);
  EXPECT_TRUE(a.is_head);
  EXPECT_EQ(a.headers, ask(get("/")).headers);
  EXPECT_EQ(a.content().size(), 2000u);
}

TEST(Answer, ChangesNothing) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "X"}) {
    Request r = get("/");
    r.method = method;
    const Answer a = ask(r);
    EXPECT_EQ(a.status, 405) << method;
    EXPECT_EQ(header(a, "Allow"), "GET, HEAD");
  }
  Request r = get("/");
  r.has_body = true;
  EXPECT_EQ(ask(r).status, 413);
  EXPECT_TRUE(ask(r).closes) << "the body is not read, so nothing behind it can be";
}

TEST(Answer, IsForThisMachinesNamesAlone) {
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80",
                           "", "localhost:80@evil.example", "127.0.0.2", "[::2]:80"}) {
    Request r = get("/");
    r.host = host;
    EXPECT_EQ(ask(r).status, 421) << host;
    EXPECT_EQ(ask(r, Reach::anywhere).status, 200) << host;
  }
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080", "[::1]"}) {
    Request r = get("/");
    r.host = host;
    EXPECT_EQ(ask(r).status, 200) << host;
  }
}

TEST(Answer, NeedsOneHostButOfOldClients) {
  Request r = get("/");
  r.hosts = 2;
  EXPECT_EQ(ask(r).status, 400);
  r.hosts = 0;
  r.host = "";
  EXPECT_EQ(ask(r).status, 400);
  r.is_http_1_0 = true;
  EXPECT_EQ(ask(r).status, 200);
}

TEST(Answer, TakesAWholeAddressAtItsWord) {
  EXPECT_EQ(status("http://localhost:8080/"), 200);
  EXPECT_EQ(status("HTTP://127.0.0.1"), 200);
  EXPECT_EQ(status("http://evil.example/"), 421);
}

TEST(Answer, FindsNothingOutsideTheSite) {
  for (const char* target : {"/../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                             "/assets/../index.html", "//etc/passwd", "/api/v1/", "/api/v1",
                             "/index.html/", "/./index.html", "/\\..\\x"}) {
    EXPECT_EQ(status(target), 404) << target;
  }
  for (const char* target : {"", "*", "index.html", "/%", "/%2", "/%zz", "/index.html%00", "/%0a",
                             "?", "localhost:8080"}) {
    EXPECT_EQ(status(target), 400) << target;
  }
}

TEST(Answer, SaysWhatIsWrongToAPersonAndToAProgram) {
  const Answer page = ask(get("/nothing"));
  EXPECT_THAT(page.content(), HasSubstr("<a href=\"/\">"));
  EXPECT_THAT(page.content(), Not(HasSubstr("<style")));
  const Answer api = ask(get("/api/v1/nothing.json"));
  EXPECT_EQ(header(api, "Content-Type"), "application/json");
  EXPECT_THAT(api.content(), HasSubstr("\"kind\":\"not_found\""));
  EXPECT_THAT(ask(get("/<script>")).content(), Not(HasSubstr("<script>")));
  EXPECT_TRUE(refusal(431).closes);
  EXPECT_EQ(refusal(431).status, 431);
}

TEST(PathOf, IsWithoutQueryAndEscapes) {
  EXPECT_EQ(path_of("/a%20b?x=%"), "a b");
  EXPECT_EQ(path_of("/a#b"), "a");
  EXPECT_EQ(path_of("http://h/a?b"), "a");
  EXPECT_EQ(path_of("http://h?b"), "");
  EXPECT_EQ(path_of("/"), "");
  EXPECT_EQ(path_of("a"), std::nullopt);
}

TEST(TakesGzip, AsTheClientWeighsIt) {
  for (const char* accepts : {"gzip", "GZIP", "br, gzip;q=0.5", "*", "x-gzip",
                              "identity;q=0.5, gzip", "deflate, *;q=0.1"}) {
    EXPECT_TRUE(takes_gzip(accepts)) << accepts;
  }
  for (const char* refuses : {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *",
                              "identity, gzip;q=0.5", "gzip;q=x", "gzip;q=nan", ",,;q=1"}) {
    EXPECT_FALSE(takes_gzip(refuses)) << refuses;
  }
}

TEST(HasTag, ComparesWeakly) {
  EXPECT_TRUE(has_tag("\"a\"", "\"a\""));
  EXPECT_TRUE(has_tag("\"b\" , W/\"a\"", "\"a\""));
  EXPECT_TRUE(has_tag("*", "\"a\""));
  EXPECT_FALSE(has_tag("", "\"a\""));
  EXPECT_FALSE(has_tag("a", "\"a\""));
}

TEST(Gzip, IsTheSameForTheSame) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(*gzip(text), *gzip(text));
  EXPECT_LT(gzip(text)->size(), 1000u);
  EXPECT_THAT(*gzip(""), ::testing::StartsWith("\x1f\x8b"));
}

}  // namespace
}  // namespace joulemark::site

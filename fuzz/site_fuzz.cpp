// What a client sends: method, target and headers, one a line. No request may end the server, find
// what is not in the site, or put a line of its own into the headers of the answer.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "site/answer.hpp"

namespace {

namespace site = joulemark::site;

void require(bool condition) {
  if (!condition) std::abort();
}

const site::Site& small() {
  static const site::Site kSite = [] {
    site::Files files;
    files["index.html"] = {std::string(500, 'x'), site::type_of("index.html")};
    files["assets/a.js"] = {std::string(500, 'y'), site::type_of("a.js")};
    files["api/v1/index.json"] = {"{}", site::type_of("index.json")};
    return *site::ready(std::move(files));
  }();
  return kSite;
}

std::string_view next_line(std::string_view& text) {
  const auto length = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return line;
}

void require_sound(const site::Request& request, const site::Answer& answer) {
  constexpr std::array kStatuses = {200, 304, 400, 404, 405, 413, 421};
  require(std::ranges::find(kStatuses, answer.status) != kStatuses.end());
  for (const auto& [name, value] : answer.headers) {
    require(value.find_first_of("\r\n") == std::string::npos);
  }
  require(answer.is_head == (request.method == "HEAD"));
  if (answer.status != 200) {
    require(answer.shared == nullptr && answer.own.size() < 1000);
    return;
  }
  const auto path = site::path_of(request.target);
  require(path.has_value());
  const auto file = small().find(path->empty() ? "index.html" : *path);
  require(file != small().end());
  require(answer.shared == &file->second.bytes || answer.shared == &file->second.gzip);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  site::Request request;
  request.method = next_line(text);
  request.target = next_line(text);
  request.host = next_line(text);
  request.accept_encoding = next_line(text);
  request.if_none_match = next_line(text);
  request.has_body = !text.empty();
  for (const site::Reach reach : {site::Reach::loopback, site::Reach::anywhere}) {
    const site::Answer answer = site::answer(request, small(), reach);
    require_sound(request, answer);
    const bool is_read = answer.status == 200 || answer.status == 304;
    if (reach == site::Reach::loopback && is_read && request.target.starts_with('/')) {
      require(site::is_this_machine(request.host));
    }
  }
  return 0;
}

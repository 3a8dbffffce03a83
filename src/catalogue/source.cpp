#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/utf8.hpp"
#include "catalogue/tables.hpp"

/// SOURCE.json: where a catalogue is from.
namespace joulemark::catalogue {
namespace {

using nlohmann::ordered_json;

constexpr const char* kSchema = "joulemark.catalogue/1";

Source source_of(const ordered_json& j) {
  Source s;
  s.project = j.at("project");
  s.licence = j.at("licence");
  s.what = j.at("what");
  s.timm = j.at("timm");
  s.facts_sha256 = j.at("facts_sha256");
  for (const auto& t : j.at("tables")) {
    s.tables.push_back({t.at("file"), t.at("sha256"), t.at("rows")});
  }
  return s;
}

}  // namespace

std::string source_to_text(const Source& s) {
  ordered_json tables = ordered_json::array();
  for (const Source::Table& t : s.tables) {
    tables.push_back({{"file", t.file}, {"rows", t.rows}, {"sha256", t.sha256}});
  }
  const ordered_json j = {{"schema", kSchema},    {"project", s.project},
                          {"licence", s.licence}, {"what", s.what},
                          {"timm", s.timm},       {"facts_sha256", s.facts_sha256},
                          {"tables", tables}};
  return j.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<Source> source_from_text(std::string_view text) {
  constexpr const char* kNext = "Build it again: joulemark catalogue build --from DIR";
  if (text.empty()) {
    return fail(ErrorKind::not_found, fmt::format("the catalogue has no {}", kSourceFile), kNext);
  }
  try {
    const auto j = ordered_json::parse(text);
    if (j.at("schema") != kSchema) {
      return fail(ErrorKind::newer_schema,
                  fmt::format("{} is not of the form {}", kSourceFile, kSchema), kNext);
    }
    return source_of(j);
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{}: {}", kSourceFile, one_line(e.what(), 200)), kNext);
  }
}

}  // namespace joulemark::catalogue

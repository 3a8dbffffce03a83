#include "catalogue/facts.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/utf8.hpp"

namespace joulemark::catalogue {
namespace {

using nlohmann::json;

constexpr const char* kSchema = "joulemark.timm-facts/1";
constexpr const char* kNext = "Make it again: python -m joulemark_zoo facts --out FILE";

tl::unexpected<Error> unsound(const std::string& what) {
  return fail(ErrorKind::invalid_input, "timm-facts: " + what, kNext);
}

/// Absent is empty: unknown facts are left out of the file.
std::string text(const json& entry, const char* key) { return entry.value(key, std::string()); }

Result<std::optional<Month>> date_of(const json& entry, const std::string& paper) {
  const std::string date = text(entry, "date");
  const auto month = month_of(date);
  if (!date.empty() && !month) return unsound("'" + one_line(date, 60) + "' is no month");
  if (month != month_of_paper(paper)) {
    return unsound(fmt::format("date '{}' is not that of paper '{}'", one_line(date, 60),
                               one_line(paper, 60)));
  }
  return month;
}

Result<Family> family_of(const json& entry) {
  Family f;
  f.name = entry.at("family");
  const std::string word = text(entry, "kind");
  const auto kind = kind_of(word);
  if (!kind) {
    return unsound(fmt::format("kind '{}' of family {} is not {}", one_line(word, 60),
                               one_line(f.name, 60), kKindNames));
  }
  f.kind = *kind;
  f.paper = text(entry, "paper");
  const auto date = date_of(entry, f.paper);
  if (!date) return tl::unexpected(date.error());
  f.date = *date;
  f.cited_in = text(entry, "cited_in");
  f.reason = text(entry, "reason");
  return f;
}

Result<Architecture> architecture_of(const json& entry) {
  Architecture a;
  a.name = entry.at("architecture");
  a.family = text(entry, "family");
  a.module = text(entry, "module");
  a.default_tag = text(entry, "default_tag");
  return a;
}

Result<Weights> weights_of(const json& entry) {
  Weights w;
  const std::string model = entry.at("model");
  const ModelName parts = split(model);
  w.architecture = parts.architecture;
  w.tag = parts.tag;
  w.pretraining = text(entry, "pretraining");
  w.licence = text(entry, "licence");
  w.paper = text(entry, "paper");
  const auto date = date_of(entry, w.paper);
  if (!date) return tl::unexpected(date.error());
  w.date = *date;
  return w;
}

/// The entries of a list, by their name, each once.
template <class T>
Result<void> read_list(const json& j, const char* list, const char* name,
                       Result<T> (*read)(const json&), std::map<std::string, T, std::less<>>& to) {
  for (const json& entry : j.at(list)) {
    auto value = read(entry);
    if (!value) return tl::unexpected(value.error());
    const std::string key = entry.at(name);
    if (!to.emplace(key, std::move(*value)).second) {
      return unsound(fmt::format("{} '{}' is there twice", name, one_line(key, 60)));
    }
  }
  return {};
}

Result<void> check_families(const Facts& facts) {
  for (const auto& [name, a] : facts.architectures) {
    if (!a.family.empty() && !facts.families.contains(a.family)) {
      return unsound(fmt::format("family '{}' of {} is not in the list of families",
                                 one_line(a.family, 60), one_line(name, 60)));
    }
  }
  return {};
}

Result<Facts> read_all(const json& j) {
  Facts facts;
  facts.timm = j.at("timm");
  const auto read =
      read_list(j, "families", "family", family_of, facts.families)
          .and_then([&] {
            return read_list(j, "architectures", "architecture", architecture_of,
                             facts.architectures);
          })
          .and_then([&] { return read_list(j, "weights", "model", weights_of, facts.weights); })
          .and_then([&] { return check_families(facts); });
  if (!read) return tl::unexpected(read.error());
  for (const json& entry : j.at("formerly")) {
    facts.formerly.emplace(entry.at("old"), entry.at("new"));
  }
  return facts;
}

}  // namespace

Result<Facts> facts_from_text(std::string_view text) {
  try {
    const json j = json::parse(text);
    if (j.at("schema") != kSchema) {
      return fail(ErrorKind::newer_schema,
                  fmt::format("timm-facts: it is not of the form {}", kSchema), kNext);
    }
    return read_all(j);
  } catch (const json::exception& e) {
    return unsound(one_line(e.what(), 200));
  }
}

}  // namespace joulemark::catalogue

#include "catalogue/published.hpp"

#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "catalogue/table.hpp"

namespace joulemark::catalogue {
namespace {

struct Model {
  std::string default_tag;
  std::vector<Published> results;
};

struct Table {
  std::string source;
  std::map<std::string, Model, std::less<>> models;
};

/// The table is part of the program and read once; a test reads it, so it is sound here.
const Table& table() {
  static const Table kTable = [] {
    const auto j = nlohmann::json::parse(kPublishedJson);
    Table t;
    const auto& s = j.at("source");
    t.source = s.at("what").get<std::string>() + " (" + s.at("project").get<std::string>() + ", " +
               s.at("file").get<std::string>() + ", " + s.at("licence").get<std::string>() + ")";
    for (const auto& m : j.at("models")) {
      Model& model = t.models[m.at("architecture")];
      model.default_tag = m.at("default_tag");
      for (const auto& r : m.at("results")) {
        model.results.push_back({r.at("tag"), r.at("size"), r.at("top1"), r.at("top5"),
                                 r.at("parameters_m").get<double>() * 1e6, false});
      }
    }
    return t;
  }();
  return kTable;
}

std::optional<Published> result_of(const Model& model, std::string_view tag, std::int64_t size) {
  for (const Published& p : model.results) {
    if (p.tag == tag && p.size == size) return p;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Published> published(std::string_view architecture, std::string_view tag,
                                   std::int64_t size) {
  const auto found = table().models.find(architecture);
  if (found == table().models.end()) return std::nullopt;
  const Model& model = found->second;
  if (auto exact = result_of(model, tag, size)) {
    exact->tag_as_asked = true;
    return exact;
  }
  return result_of(model, model.default_tag, size);
}

std::string source() { return table().source; }

}  // namespace joulemark::catalogue
